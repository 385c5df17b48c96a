// Into the rank-sized bottleneck and out of it again: u[n, ρ] = Σ_j c[n, j] p[n, j·rank + ρ], then q[n, j·rank + ρ] = c[n, j] u[n, ρ], a Value of
// u at a time. Given dQ in place of p it makes du and dP.
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
@group(0) @binding(3) var<storage, read_write> q: array<Value>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

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
    let first = n * uniforms.terms * ranks + i % ranks;
    var at = first;
    var sum = Value();
    for (var j = n * columns; j < (n + 1) * columns; j++) {
      sum += c[j] * p[at];
      at += ranks;
    }
    if (APPENDED) {
      sum += p[at];
    }
    u[i] = sum;
    at = first;
    for (var j = n * columns; j < (n + 1) * columns; j++) {
      q[at] = c[j] * sum;
      at += ranks;
    }
    if (APPENDED) {
      q[at] = sum;
    }
  }
}
