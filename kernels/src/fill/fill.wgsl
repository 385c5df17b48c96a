// Sets every element of a buffer to one value.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>), LANES (elements in one).

struct Uniforms {
  // Elements, a multiple of LANES.
  count: u32,
  value: f32,
}

@group(0) @binding(0) var<storage, read_write> out: array<Value>;
@group(0) @binding(1) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.count / LANES; i += step) {
    out[i] = Value(uniforms.value);
  }
}
