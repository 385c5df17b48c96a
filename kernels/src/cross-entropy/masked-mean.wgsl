// First half of a masked mean: sums of values·mask and of mask, by parts. Part p takes elements p, p + parts, … and
// writes partial[p] = Σ values·mask, partial[parts + p] = Σ mask. Fixed order, so the same bits every time.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::launch;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let part = launch.group.x * WORKGROUP + lane;
  if (part >= uniforms.parts) {
    return;
  }
  var total = 0.0;
  var weight = 0.0;
  for (var i = part; i < uniforms.count; i += uniforms.parts) {
    // A masked value may be anything, even not a number; it must not count.
    if (mask[i] != 0.0) {
      total += values[i] * mask[i];
      weight += mask[i];
    }
  }
  partial[part] = total;
  partial[uniforms.parts + part] = weight;
}
