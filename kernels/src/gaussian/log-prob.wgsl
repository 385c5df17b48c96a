// Log-density of a diagonal Gaussian, summed over each row of x [rows, dims], in nats:
//   logProb[row] = Σ −½ ((x − μ) / σ)² − logσ − ½ log 2π
// Prelude: WORKGROUP (invocations per workgroup), SHARED (logσ is one vector [dims] for all rows).
import fragments::index;

const HALF_LOG_TWO_PI = 0.9189385332;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += step) {
    let first = row * uniforms.dims;
    var total = 0.0;
    for (var k = 0u; k < uniforms.dims; k++) {
      let s = logSigma[select(first + k, k, SHARED)];
      let distance = (x[first + k] - mu[first + k]) * exp(-s);
      total -= 0.5 * distance * distance + s + HALF_LOG_TWO_PI;
    }
    logProb[row] = total;
  }
}
