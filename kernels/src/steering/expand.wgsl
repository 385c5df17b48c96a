// q[n, j·rank + ρ] = c[n, j] u[n, ρ], one invocation per (n, j). Given du in place of u it makes dP.
// Prelude: WORKGROUP (invocations per workgroup), APPENDED (bool: c lacks its last column, which is the constant 1).

struct Uniforms {
  rows: u32,
  terms: u32,
  rank: u32,
}

@group(0) @binding(0) var<storage, read> c: array<f32>;
@group(0) @binding(1) var<storage, read> u: array<f32>;
@group(0) @binding(2) var<storage, read_write> q: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (i >= uniforms.rows * uniforms.terms) {
    return;
  }
  let n = i / uniforms.terms;
  let j = i % uniforms.terms;
  var coefficient = 1.0;
  if (!APPENDED) {
    coefficient = c[i];
  } else if (j + 1 < uniforms.terms) {
    coefficient = c[i - n];
  }
  for (var rho = 0u; rho < uniforms.rank; rho++) {
    q[i * uniforms.rank + rho] = coefficient * u[n * uniforms.rank + rho];
  }
}
