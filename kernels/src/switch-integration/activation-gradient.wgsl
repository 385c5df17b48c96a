// dpre[i, k] = dlogit[i] w2[k] where the switch's hidden unit was active, a step at a time.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>) and LANES (elements in one; they divide the width).

struct Uniforms {
  steps: u32,
  hidden: u32,
}

@group(0) @binding(0) var<storage, read> dlogit: array<f32>;
@group(0) @binding(1) var<storage, read> activation: array<Value>;
@group(0) @binding(2) var<storage, read> w2: array<Value>;
@group(0) @binding(3) var<storage, read_write> dpre: array<Value>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let width = uniforms.hidden / LANES;
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.steps; i += step) {
    let slope = dlogit[i];
    for (var k = 0u; k < width; k++) {
      let at = i * width + k;
      dpre[at] = select(Value(), slope * w2[k], activation[at] > Value());
    }
  }
}
