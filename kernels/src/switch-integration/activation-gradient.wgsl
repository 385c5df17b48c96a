// dpre[i, k] = dlogit[i] w2[k] where the switch's hidden unit was active, one invocation per element.
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  steps: u32,
  hidden: u32,
}

@group(0) @binding(0) var<storage, read> dlogit: array<f32>;
@group(0) @binding(1) var<storage, read> activation: array<f32>;
@group(0) @binding(2) var<storage, read> w2: array<f32>;
@group(0) @binding(3) var<storage, read_write> dpre: array<f32>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (i >= uniforms.steps * uniforms.hidden) {
    return;
  }
  dpre[i] = select(0.0, dlogit[i / uniforms.hidden] * w2[i % uniforms.hidden], activation[i] > 0.0);
}
