// Gradient of the reparameterised sample with respect to logσ: dlogσ = dx · exp(logσ) · noise [rows, DIMS]. That for μ
// is dx itself. Where logσ is shared its gradient is the sum over rows.
// Prelude: WORKGROUP (invocations per workgroup), DIMS (row length), SHARED (logσ is one vector [DIMS] for all rows).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * DIMS; i += step) {
    dlogSigma[i] = dx[i] * exp(logSigma[select(i, i % DIMS, SHARED)]) * noise[i];
  }
}
