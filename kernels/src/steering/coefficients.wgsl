// dc[n, j] = Σ_ρ dq[n, j·rank + ρ] u[n, ρ] + p[n, j·rank + ρ] du[n, ρ], a row of dc at a time: the coefficient multiplies once on the
// way into the rank-sized bottleneck and once on the way out. Both rows of the bottleneck are read once and kept.
// Prelude: WORKGROUP (invocations per workgroup), APPENDED (bool: c lacks its last column, which is the constant 1), Value (f32 or
// vec4<f32>) and LANES (elements in one; they divide the rank), RANKS (Values in a row
// of the bottleneck), RECTIFY (bool: 0 where c is zero or less, the gradient of the relu that made it).
import fragments::index;

fn total(x: Value) -> f32 {
  return dot(vec4(x), select(vec4(1.0, 0.0, 0.0, 0.0), vec4(1.0), LANES == 4));
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let ranks = uniforms.rank / LANES;
  let columns = uniforms.terms - select(0u, 1u, APPENDED);
  let step = invocations(launch);
  var out: array<Value, RANKS>;
  var back: array<Value, RANKS>;
  for (var n = indexOf(launch, lane); n < uniforms.rows; n += step) {
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
        // As in PyTorch, the gradient goes through NaN.
        value = select(value, 0.0, c[n * columns + j] <= 0.0);
      }
      dc[n * columns + j] = value;
    }
  }
}
