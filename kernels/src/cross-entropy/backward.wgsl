// Gradient of the negative log-likelihood: dlogits = (softmax(logits) − onehot(target)) · dnll[row]; 0 for padding, target −1, and NaN
// for any other target that is no class. The softmax is computed again: reading the logits twice is cheaper than keeping probabilities.
// Prelude: Value (f32 or vec4<f32>), LANES (classes in one), WORKGROUP (invocations per workgroup).
import fragments::{softmax_row, nonfinite};

fn logit(i: u32) -> Value {
  return logits[i];
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  for (var row = firstRow(launch, lane); row < uniforms.rows; row += rowStep(launch)) {
    let units = uniforms.classes / LANES;
    let at = row * units;
    let softmax = softmaxOfRow(at, units, lane);
    let wanted = targets[row];
    let isClass = wanted >= 0 && wanted < i32(uniforms.classes);
    let upstream = select(notANumber(), dnll[row], isClass);
    for (var k = firstColumn(lane); k < units; k += COLUMN_STEP) {
      let probability = expOfDifference(logits[at + k] - softmax.highest) / softmax.total;
      let gradient = upstream * (probability - oneHot(k, wanted));
      dlogits[at + k] = select(gradient, Value(), wanted == -1);
    }
  }
}
