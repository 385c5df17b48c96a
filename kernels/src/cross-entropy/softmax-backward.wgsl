// Gradient of softmax or log-softmax from its output y [rows, classes]:
//   softmax:     dx = y · (dout − Σ y·dout)
//   log-softmax: dx = dout − exp(y) · Σ dout
// Prelude: WORKGROUP (invocations per workgroup), LOGARITHM (y holds log-probabilities).
import fragments::{sharing, exponential};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  for (var row = firstRow(launch, lane); row < uniforms.rows; row += rowStep(launch)) {
    let at = row * uniforms.classes;
    var total = 0.0;
    for (var k = firstColumn(lane); k < uniforms.classes; k += COLUMN_STEP) {
      if (LOGARITHM) {
        total += dout[at + k];
      } else {
        total += y[at + k] * dout[at + k];
      }
    }
    total = sumOfRow(total, lane);
    for (var k = firstColumn(lane); k < uniforms.classes; k += COLUMN_STEP) {
      if (LOGARITHM) {
        dx[at + k] = dout[at + k] - expOfDifference(y[at + k]) * total;
      } else {
        dx[at + k] = y[at + k] * (dout[at + k] - total);
      }
    }
  }
}
