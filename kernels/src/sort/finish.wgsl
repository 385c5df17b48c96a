// The first `keep` of every sorted row: where they lay, and what lay there.
// Prelude: WORKGROUP (invocations per workgroup), VALUES (write them too).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * uniforms.keep; i += step) {
    let row = i / uniforms.keep;
    let place = pairs[row * uniforms.length + i - row * uniforms.keep].y;
    indices[i] = place;
    if (VALUES) {
      values[i] = x[row * uniforms.length + place];
    }
  }
}
