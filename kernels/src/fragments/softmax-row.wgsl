// What a softmax needs to know of a row: its greatest logit, and Σ exp(logit − greatest). The kernel defines `logit(i)`.
import fragments::{sharing, exponential};

struct SoftmaxRow {
  highest: f32,
  total: f32,
}

fn softmaxOfRow(at: u32, classes: u32, lane: u32) -> SoftmaxRow {
  var highest = logit(at);
  for (var k = firstColumn(lane); k < classes; k += COLUMN_STEP) {
    highest = max(highest, logit(at + k));
  }
  highest = maximumOfRow(highest, lane);
  var total = 0.0;
  for (var k = firstColumn(lane); k < classes; k += COLUMN_STEP) {
    total += expOfDifference(logit(at + k) - highest);
  }
  return SoftmaxRow(highest, sumOfRow(total, lane));
}
