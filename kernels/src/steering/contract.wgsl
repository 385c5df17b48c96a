// u[n, ρ] = Σ_j c[n, j] p[n, j·rank + ρ], a Value of u at a time. Given dQ in place of p it makes du.
// Prelude: WORKGROUP (invocations per workgroup), APPENDED (bool: c lacks its last column, which is the constant 1), Value (f32 or
// vec4<f32>) and LANES (elements in one; they divide the rank).

struct Uniforms {
  rows: u32,
  terms: u32,
  rank: u32,
}

@group(0) @binding(0) var<storage, read> c: array<f32>;
@group(0) @binding(1) var<storage, read> p: array<Value>;
@group(0) @binding(2) var<storage, read_write> u: array<Value>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let ranks = uniforms.rank / LANES;
  let columns = uniforms.terms - select(0u, 1u, APPENDED);
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.rows * ranks; i += step) {
    let n = i / ranks;
    var at = n * uniforms.terms * ranks + i % ranks;
    var sum = Value();
    for (var j = n * columns; j < (n + 1) * columns; j++) {
      sum += c[j] * p[at];
      at += ranks;
    }
    if (APPENDED) {
      sum += p[at];
    }
    u[i] = sum;
  }
}
