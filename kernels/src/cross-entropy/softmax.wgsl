// Softmax or its logarithm along each row of x [rows, classes].
// Prelude: Value (f32 or vec4<f32>), LANES (classes in one), WORKGROUP (invocations per workgroup), LOGARITHM (write log-probabilities).
import fragments::softmax_row;

fn logit(i: u32) -> Value {
  return x[i];
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  for (var row = firstRow(launch, lane); row < uniforms.rows; row += rowStep(launch)) {
    let units = uniforms.classes / LANES;
    let at = row * units;
    let softmax = softmaxOfRow(at, units, lane);
    let logTotal = log(softmax.total);
    for (var k = firstColumn(lane); k < units; k += COLUMN_STEP) {
      let difference = x[at + k] - softmax.highest;
      if (LOGARITHM) {
        out[at + k] = difference - logTotal;
      } else {
        out[at + k] = expOfDifference(difference) / softmax.total;
      }
    }
  }
}
