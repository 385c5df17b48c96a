// The head of an encoder at once: from (μ, log σ) side by side a clamped log σ, a sample μ + exp(log σ) · noise and KL(N(μ, σ²) ‖ N(0, I)) of
// each row. An invocation takes a row.
// Prelude: WORKGROUP (invocations per workgroup), NOISE (bool: without it the sample is μ), Value (f32).
import fragments::{index, special};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let dims = uniforms.dims;
  let step = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += step) {
    var divergence = 0.0;
    for (var j = 0u; j < dims; j++) {
      let at = row * dims + j;
      let mean = code[2u * row * dims + j];
      let given = code[(2u * row + 1u) * dims + j];
      let spread = keepNan(clamp(given, uniforms.low, uniforms.high), given);
      let sigma = exp(spread);
      mu[at] = mean;
      logSigma[at] = spread;
      var drawn = mean;
      if (NOISE) {
        drawn += sigma * noise[at];
      }
      sample[at] = drawn;
      divergence += 0.5 * (sigma * sigma + mean * mean - 1.0) - spread;
    }
    kl[row] = divergence;
  }
}
