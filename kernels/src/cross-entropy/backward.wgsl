// Gradient of the negative log-likelihood: dlogits = (softmax(logits) − onehot(target)) · dnll[row], 0 for rows whose
// target is no class. The softmax is computed again: reading the logits twice is cheaper than keeping probabilities.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += step) {
    let at = row * uniforms.classes;
    let wanted = targets[row];
    let inside = wanted >= 0 && wanted < i32(uniforms.classes);
    let upstream = select(0.0, dnll[row], inside);
    var highest = logits[at];
    for (var k = 1u; k < uniforms.classes; k++) {
      highest = max(highest, logits[at + k]);
    }
    var total = 0.0;
    for (var k = 0u; k < uniforms.classes; k++) {
      total += exp(max(logits[at + k] - highest, -87.0));
    }
    for (var k = 0u; k < uniforms.classes; k++) {
      let probability = exp(max(logits[at + k] - highest, -87.0)) / total;
      dlogits[at + k] = upstream * (probability - select(0.0, 1.0, i32(k) == wanted));
    }
  }
}
