// Numbers in half precision, rounded to nearest; what is too large becomes infinite.
// Prelude: WORKGROUP (invocations per workgroup).
// count: elements, a multiple of 4.
enable f16;
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count / 4u; i += step) {
    out[i] = vec4<f16>(x[i]);
  }
}
