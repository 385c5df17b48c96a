// dc[n, j] = Σ_ρ dq[n, j·rank + ρ] u[n, ρ] + p[n, j·rank + ρ] du[n, ρ], one invocation per element of dc: the coefficient
// multiplies once on the way into the rank-sized bottleneck and once on the way out.
// Prelude: WORKGROUP (invocations per workgroup), APPENDED (bool: c lacks its last column, which is the constant 1).

struct Uniforms {
  rows: u32,
  terms: u32,
  rank: u32,
}

@group(0) @binding(0) var<storage, read> p: array<f32>;
@group(0) @binding(1) var<storage, read> du: array<f32>;
@group(0) @binding(2) var<storage, read> dq: array<f32>;
@group(0) @binding(3) var<storage, read> u: array<f32>;
@group(0) @binding(4) var<storage, read_write> dc: array<f32>;
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + lane;
  let columns = uniforms.terms - select(0u, 1u, APPENDED);
  if (i >= uniforms.rows * columns) {
    return;
  }
  let n = i / columns;
  let at = (n * uniforms.terms + i % columns) * uniforms.rank;
  let bottleneck = n * uniforms.rank;
  var sum = 0.0;
  for (var rho = 0u; rho < uniforms.rank; rho++) {
    sum += dq[at + rho] * u[bottleneck + rho] + p[at + rho] * du[bottleneck + rho];
  }
  dc[i] = sum;
}
