// dpre[i, k] = dlogit[i] w2[k] where the switch's hidden unit was active, a step at a time.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>) and LANES (elements in one; they divide the width).
import fragments::{index, gates};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.hidden / LANES;
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.steps; i += step) {
    let slope = dlogit[i];
    for (var k = 0u; k < width; k++) {
      let at = i * width + k;
      dpre[at] = throughRectify(slope * w2[k], activation[at]);
    }
  }
}
