// Gradient of softmax or log-softmax from its output y [rows, classes]:
//   softmax:     dx = y · (dout − Σ y·dout)
//   log-softmax: dx = dout − exp(y) · Σ dout
// Prelude: Value (f32 or vec4<f32>), LANES (classes in one), WORKGROUP (invocations per workgroup), LOGARITHM (y holds log-probabilities).
import fragments::{sharing, exponential, across};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  for (var row = firstRow(launch, lane); row < uniforms.rows; row += rowStep(launch)) {
    let units = uniforms.classes / LANES;
    let at = row * units;
    var part = Value();
    for (var k = firstColumn(lane); k < units; k += COLUMN_STEP) {
      if (LOGARITHM) {
        part += dout[at + k];
      } else {
        part += y[at + k] * dout[at + k];
      }
    }
    let total = sumOfRow(sumAcross(part), lane);
    for (var k = firstColumn(lane); k < units; k += COLUMN_STEP) {
      if (LOGARITHM) {
        dx[at + k] = dout[at + k] - expOfDifference(y[at + k]) * total;
      } else {
        dx[at + k] = y[at + k] * (dout[at + k] - total);
      }
    }
  }
}
