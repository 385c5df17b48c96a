// Gradient of the KL divergence from N(0, I): dμ = μ · dkl[row], dlogσ = (exp(2 logσ) − 1) · dkl[row].
// Prelude: WORKGROUP (invocations per workgroup), DIMS (row length, a constant so that the division by it is cheap).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * DIMS; i += step) {
    let upstream = dkl[i / DIMS];
    dmu[i] = mu[i] * upstream;
    dlogSigma[i] = (exp(2.0 * logSigma[i]) - 1.0) * upstream;
  }
}
