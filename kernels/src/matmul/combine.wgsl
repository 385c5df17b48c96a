// c = Σ parts, or c += Σ parts: the parts of a product split along k, added in order; `rows` sums behind it are added to `sums`. One
// invocation an element.
// Prelude: WORKGROUP (invocations per workgroup), ACCUMULATE (bool).

struct Uniforms {
  count: u32,
  rows: u32,
  parts: u32,
}

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> c: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let stride = groups.x * groups.y * WORKGROUP;
  let whole = uniforms.count + uniforms.rows;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < whole; i += stride) {
    var sum = 0.0;
    for (var part = 0u; part < uniforms.parts; part++) {
      sum += parts[part * whole + i];
    }
    if (i >= uniforms.count) {
      sums[i - uniforms.count] += sum;
      continue;
    }
    if (ACCUMULATE) {
      sum += c[i];
    }
    c[i] = sum;
  }
}
