// dc[n, j] = Σ_ρ dq[n, j·rank + ρ] u[n, ρ] + p[n, j·rank + ρ] du[n, ρ], a row of dc at a time: the coefficient multiplies once on the
// way into the rank-sized bottleneck and once on the way out. Both rows of the bottleneck are read once and kept.
// Prelude: WORKGROUP (invocations per workgroup), APPENDED (bool: c lacks its last column, which is the constant 1), Value (f32 or
// vec4<f32>) and LANES (elements in one; they divide the rank), RANKS (Values in a row
// of the bottleneck), RECTIFY (bool: 0 where c is not positive, the gradient of the relu that made it).

struct Uniforms {
  rows: u32,
  terms: u32,
  rank: u32,
}

@group(0) @binding(0) var<storage, read> p: array<Value>;
@group(0) @binding(1) var<storage, read> du: array<Value>;
@group(0) @binding(2) var<storage, read> dq: array<Value>;
@group(0) @binding(3) var<storage, read> u: array<Value>;
@group(0) @binding(4) var<storage, read> c: array<f32>;
@group(0) @binding(5) var<storage, read_write> dc: array<f32>;
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

fn total(x: Value) -> f32 {
  return dot(vec4(x), select(vec4(1.0, 0.0, 0.0, 0.0), vec4(1.0), LANES == 4));
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let ranks = uniforms.rank / LANES;
  let columns = uniforms.terms - select(0u, 1u, APPENDED);
  let step = groups.x * groups.y * WORKGROUP;
  var out: array<Value, RANKS>;
  var back: array<Value, RANKS>;
  for (var n = (group.y * groups.x + group.x) * WORKGROUP + lane; n < uniforms.rows; n += step) {
    for (var rho = 0u; rho < ranks; rho++) {
      out[rho] = u[n * ranks + rho];
      back[rho] = du[n * ranks + rho];
    }
    for (var j = 0u; j < columns; j++) {
      let at = (n * uniforms.terms + j) * ranks;
      var sum = Value();
      // A bound that the compiler knows unrolls the loop, which makes indices into private memory constant.
      for (var rho = 0u; rho < select(ranks, RANKS, RANKS <= 4); rho++) {
        sum += dq[at + rho] * out[rho] + p[at + rho] * back[rho];
      }
      var value = total(sum);
      if (RECTIFY) {
        value = select(0.0, value, c[n * columns + j] > 0.0);
      }
      dc[n * columns + j] = value;
    }
  }
}
