// Gradient of a masked mean: dvalues[i] = mask[i] · dmean / Σmask, or 0 where the mask is empty.
// Prelude: WORKGROUP (invocations per workgroup).
// mean: (mean, Σmask), as the forward pass left it.
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count; i += step) {
    let weight = mean[1];
    if (weight > 0.0) {
      dvalues[i] = mask[i] * (dmean[0] / weight);
    } else {
      dvalues[i] = 0.0;
    }
  }
}
