// Sets every element of a buffer to one value.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>), LANES (elements in one).
// count: elements, a multiple of LANES.
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count / LANES; i += step) {
    out[i] = Value(uniforms.value);
  }
}
