// What a softmax needs to know of a row: its greatest logit, and Σ exp(logit − greatest). The kernel defines `logit(i)`.
// Prelude: Value (f32 or vec4<f32>) and LANES (logits in one, dividing the row), and the fragment `across`.
import fragments::{sharing, exponential, across};

struct SoftmaxRow {
  highest: f32,
  total: f32,
}

/** @param at where the row begins and @param units its length, in Values. */
fn softmaxOfRow(at: u32, units: u32, lane: u32) -> SoftmaxRow {
  var most = logit(at);
  for (var k = firstColumn(lane); k < units; k += COLUMN_STEP) {
    most = max(most, logit(at + k));
  }
  let highest = maximumOfRow(maximumAcross(most), lane);
  var total = Value();
  for (var k = firstColumn(lane); k < units; k += COLUMN_STEP) {
    total += expOfDifference(logit(at + k) - highest);
  }
  return SoftmaxRow(highest, sumOfRow(sumAcross(total), lane));
}
