// Gradient of a masked mean: dvalues[i] = mask[i] · dmean / Σmask, or 0 where the mask is empty.
// Prelude: WORKGROUP (invocations per workgroup).
// mean: (mean, Σmask), as the forward pass left it.
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count; i += step) {
    dvalues[i] = select(mask[i] * (dmean[0] / mean[1]), 0.0, mean[1] == 0.0);
  }
}
