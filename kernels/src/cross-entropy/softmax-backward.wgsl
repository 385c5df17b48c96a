// Gradient of softmax or log-softmax from its output y [rows, classes]:
//   softmax:     dx = y · (dout − Σ y·dout)
//   log-softmax: dx = dout − exp(y) · Σ dout
// Prelude: WORKGROUP (invocations per workgroup), LOGARITHM (y holds log-probabilities).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += step) {
    let at = row * uniforms.classes;
    var total = 0.0;
    for (var k = 0u; k < uniforms.classes; k++) {
      if (LOGARITHM) {
        total += dout[at + k];
      } else {
        total += y[at + k] * dout[at + k];
      }
    }
    for (var k = 0u; k < uniforms.classes; k++) {
      if (LOGARITHM) {
        dx[at + k] = dout[at + k] - exp(max(y[at + k], -87.0)) * total;
      } else {
        dx[at + k] = y[at + k] * (dout[at + k] - total);
      }
    }
  }
}
