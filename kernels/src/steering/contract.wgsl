// u[n, ρ] = Σ_j c[n, j] p[n, j·rank + ρ], one invocation per element of u. Given dQ in place of p it makes du.
// Prelude: WORKGROUP (invocations per workgroup), APPENDED (bool: c lacks its last column, which is the constant 1).

struct Uniforms {
  rows: u32,
  terms: u32,
  rank: u32,
}

@group(0) @binding(0) var<storage, read> c: array<f32>;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (i >= uniforms.rows * uniforms.rank) {
    return;
  }
  let n = i / uniforms.rank;
  let columns = uniforms.terms - select(0u, 1u, APPENDED);
  var at = n * uniforms.terms * uniforms.rank + i % uniforms.rank;
  var sum = 0.0;
  for (var j = 0u; j < columns; j++) {
    sum += c[n * columns + j] * p[at];
    at += uniforms.rank;
  }
  if (APPENDED) {
    sum += p[at];
  }
  u[i] = sum;
}
