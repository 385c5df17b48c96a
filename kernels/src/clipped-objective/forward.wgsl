// The clipped surrogate of proximal policy optimisation (Schulman et al., arXiv 1707.06347, eq. 7), negated to be a loss:
//   loss[i] = −min(ratio · advantage, clamp(ratio, 1 − clip, 1 + clip) · advantage),  ratio = exp(new − old)
// Prelude: WORKGROUP (invocations per workgroup).
// The log-ratio is clamped to ±20, so that one stale sample cannot overflow.

struct Uniforms {
  count: u32,
  // Elements that share one advantage: advantage[i / period].
  period: u32,
  clip: f32,
}

@group(0) @binding(0) var<storage, read> newLogProb: array<f32>;
@group(0) @binding(1) var<storage, read> oldLogProb: array<f32>;
@group(0) @binding(2) var<storage, read> advantage: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.count; i += step) {
    let ratio = exp(clamp(newLogProb[i] - oldLogProb[i], -20.0, 20.0));
    let gain = advantage[i / uniforms.period];
    let clipped = clamp(ratio, 1.0 - uniforms.clip, 1.0 + uniforms.clip);
    loss[i] = -min(ratio * gain, clipped * gain);
  }
}
