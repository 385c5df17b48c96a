// Numbers in half precision, rounded to nearest; what is too large becomes infinite.
// Prelude: WORKGROUP (invocations per workgroup).
enable f16;

struct Uniforms {
  // Elements, a multiple of 4.
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f16>>;
@group(0) @binding(2) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.count / 4u; i += step) {
    out[i] = vec4<f16>(x[i]);
  }
}
