// Reparameterised sample of a diagonal Gaussian (Kingma and Welling, arXiv 1312.6114, §2.4): x = μ + exp(logσ) · noise.
// Prelude: WORKGROUP (invocations per workgroup), DIMS (row length), SHARED (logσ is one vector [DIMS] for all rows).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * DIMS; i += step) {
    x[i] = mu[i] + exp(logSigma[select(i, i % DIMS, SHARED)]) * noise[i];
  }
}
