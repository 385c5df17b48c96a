// u[n, ρ] = Σ_j c[n, j] p[n, j·rank + ρ], a Value of u at a time. Given dQ in place of p it makes du.
// Prelude: WORKGROUP (invocations per workgroup), APPENDED (bool: c lacks its last column, which is the constant 1), Value (f32 or
// vec4<f32>) and LANES (elements in one; they divide the rank).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let ranks = uniforms.rank / LANES;
  let columns = uniforms.terms - select(0u, 1u, APPENDED);
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * ranks; i += step) {
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
