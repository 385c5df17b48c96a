// Gradient of posterior.wgsl for (μ, log σ) side by side, from those of its outputs that have one. No gradient flows where log σ was clamped.
// An invocation takes a row.
// Prelude: WORKGROUP (invocations per workgroup), NOISE (as forward), D_MU, D_LOG_SIGMA, D_SAMPLE, D_KL (bool: that gradient is given),
// Value (f32).
import fragments::{index, special};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let dims = uniforms.dims;
  let step = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += step) {
    for (var j = 0u; j < dims; j++) {
      let at = row * dims + j;
      let ofMean = 2u * row * dims + j;
      let ofSpread = ofMean + dims;
      let spread = keepNan(clamp(code[ofSpread], uniforms.low, uniforms.high), code[ofSpread]);
      let sigma = exp(spread);
      var toMean = 0.0;
      var toSpread = 0.0;
      if (D_MU) {
        toMean += dmu[at];
      }
      if (D_LOG_SIGMA) {
        toSpread += dlogSigma[at];
      }
      if (D_SAMPLE) {
        toMean += dsample[at];
        if (NOISE) {
          toSpread += dsample[at] * sigma * noise[at];
        }
      }
      if (D_KL) {
        toMean += dkl[row] * code[ofMean];
        toSpread += dkl[row] * (sigma * sigma - 1.0);
      }
      dcode[ofMean] = toMean;
      dcode[ofSpread] = select(0.0, toSpread, spread == code[ofSpread]);
    }
  }
}
