// Softmax or its logarithm along each row of x [rows, classes].
// Prelude: WORKGROUP (invocations per workgroup), LOGARITHM (write log-probabilities).
import fragments::softmax_row;

fn logit(i: u32) -> f32 {
  return x[i];
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  for (var row = firstRow(launch, lane); row < uniforms.rows; row += rowStep(launch)) {
    let at = row * uniforms.classes;
    let softmax = softmaxOfRow(at, uniforms.classes, lane);
    let logTotal = log(softmax.total);
    for (var k = firstColumn(lane); k < uniforms.classes; k += COLUMN_STEP) {
      let difference = x[at + k] - softmax.highest;
      if (LOGARITHM) {
        out[at + k] = difference - logTotal;
      } else {
        out[at + k] = expOfDifference(difference) / softmax.total;
      }
    }
  }
}
