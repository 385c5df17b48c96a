// Gradient of a diagonal Gaussian's log-density, with d = (x − μ) / σ:
//   dμ = d / σ · dlogProb[row],  dlogσ = (d² − 1) · dlogProb[row]  (both [rows, DIMS]);  the one for x is −dμ.
// Where logσ is shared its gradient is the sum of dlogσ over rows.
// Prelude: WORKGROUP (invocations per workgroup), DIMS (row length, a constant so that the division by it is cheap),
// SHARED (logσ is one vector [DIMS] for all rows).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * DIMS; i += step) {
    let upstream = dlogProb[i / DIMS];
    let inverse = exp(-logSigma[select(i, i % DIMS, SHARED)]);
    let distance = (x[i] - mu[i]) * inverse;
    dmu[i] = distance * inverse * upstream;
    dlogSigma[i] = (distance * distance - 1.0) * upstream;
  }
}
