// Negative log-likelihood of one class per row: nll[row] = log Σ exp(logits[row, :]) − logits[row, target[row]].
// The target −1 is padding and gives 0; any other that is no class gives NaN.
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
    if (firstColumn(lane) == 0u) {
      var cost = select(notANumber(), 0.0, wanted == -1);
      if (wanted >= 0 && wanted < i32(uniforms.classes)) {
        // The difference first: both may be large.
        cost = log(softmax.total) + (softmax.highest - elementOf(logits[at + u32(wanted) / LANES], u32(wanted) % LANES));
      }
      nll[row] = cost;
    }
  }
}
