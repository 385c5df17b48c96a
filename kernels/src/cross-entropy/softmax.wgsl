// Softmax or its logarithm along each row of x [rows, classes].
// Prelude: WORKGROUP (invocations per workgroup), LOGARITHM (write log-probabilities).
// One invocation per row: rows are short (actions, cells) and many.
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += step) {
    let at = row * uniforms.classes;
    var highest = x[at];
    for (var k = 1u; k < uniforms.classes; k++) {
      highest = max(highest, x[at + k]);
    }
    // Differences are at most 0, and clamped where exp would leave the normal numbers.
    var total = 0.0;
    for (var k = 0u; k < uniforms.classes; k++) {
      total += exp(max(x[at + k] - highest, -87.0));
    }
    let logTotal = log(total);
    for (var k = 0u; k < uniforms.classes; k++) {
      let difference = x[at + k] - highest;
      if (LOGARITHM) {
        out[at + k] = difference - logTotal;
      } else {
        out[at + k] = exp(max(difference, -87.0)) / total;
      }
    }
  }
}
