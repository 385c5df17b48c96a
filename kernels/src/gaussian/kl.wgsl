// KL divergence of a diagonal Gaussian from N(0, I), summed over each row of [rows, dims], in nats:
//   kl[row] = Σ ½ (exp(2 logσ) + μ² − 1) − logσ
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += step) {
    var total = 0.0;
    for (var k = row * uniforms.dims; k < (row + 1u) * uniforms.dims; k++) {
      let s = logSigma[k];
      total += 0.5 * (exp(2.0 * s) + mu[k] * mu[k] - 1.0) - s;
    }
    kl[row] = total;
  }
}
