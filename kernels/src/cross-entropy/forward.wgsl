// Negative log-likelihood of one class per row: nll[row] = log Σ exp(logits[row, :]) − logits[row, target[row]].
// A target that is no class (such as −1, padding) gives 0.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += step) {
    let wanted = targets[row];
    if (wanted < 0 || wanted >= i32(uniforms.classes)) {
      nll[row] = 0.0;
      continue;
    }
    let at = row * uniforms.classes;
    var highest = logits[at];
    for (var k = 1u; k < uniforms.classes; k++) {
      highest = max(highest, logits[at + k]);
    }
    var total = 0.0;
    for (var k = 0u; k < uniforms.classes; k++) {
      total += exp(max(logits[at + k] - highest, -87.0));
    }
    // The difference first: both may be large.
    nll[row] = log(total) + (highest - logits[at + u32(wanted)]);
  }
}
