// How far the new policy is from the old one, under a mask, by parts: partial [3, parts] of
//   Σ mask · ((ratio − 1) − log ratio)     an estimator of KL(old ‖ new) that is never negative
//   Σ mask · [|ratio − 1| > clip]
//   Σ mask
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::launch;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let part = launch.group.x * WORKGROUP + lane;
  if (part >= uniforms.parts) {
    return;
  }
  var divergence = 0.0;
  var clipped = 0.0;
  var weight = 0.0;
  for (var i = part; i < uniforms.count; i += uniforms.parts) {
    let m = mask[i];
    if (m != 0.0) {
      let logRatio = newLogProb[i] - oldLogProb[i];
      let excess = exp(logRatio) - 1.0;
      // Near 0 the difference of two almost equal numbers has no digits left: its Taylor series has.
      let series = logRatio * logRatio * (0.5 + logRatio * (1.0 / 6.0 + logRatio / 24.0));
      divergence += m * select(excess - logRatio, series, abs(logRatio) < 0.02);
      clipped += m * select(0.0, 1.0, abs(excess) > uniforms.clip);
      weight += m;
    }
  }
  partial[part] = divergence;
  partial[uniforms.parts + part] = clipped;
  partial[2u * uniforms.parts + part] = weight;
}
