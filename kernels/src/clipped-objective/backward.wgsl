// Gradient of the clipped surrogate with respect to the new log-probability: −ratio · advantage · dloss[i] where the
// unclipped term is the smaller one, else 0.
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  count: u32,
  // Elements that share one advantage: advantage[i / period].
  period: u32,
  clip: f32,
}

@group(0) @binding(0) var<storage, read> newLogProb: array<f32>;
@group(0) @binding(1) var<storage, read> oldLogProb: array<f32>;
@group(0) @binding(2) var<storage, read> advantage: array<f32>;
@group(0) @binding(3) var<storage, read> dloss: array<f32>;
@group(0) @binding(4) var<storage, read_write> dnewLogProb: array<f32>;
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.count; i += step) {
    let logRatio = newLogProb[i] - oldLogProb[i];
    let ratio = exp(clamp(logRatio, -20.0, 20.0));
    let gain = advantage[i / uniforms.period];
    let clipped = clamp(ratio, 1.0 - uniforms.clip, 1.0 + uniforms.clip);
    let unclipped = ratio * gain <= clipped * gain && abs(logRatio) <= 20.0;
    dnewLogProb[i] = select(0.0, -ratio * gain * dloss[i], unclipped);
  }
}
