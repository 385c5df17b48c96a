// Gradient of one function of each element: dx[i] = dout[i] · f'(x[i]).
// Prelude: WORKGROUP (invocations per workgroup), LANES (elements taken at once).
// Fragment `function` (made from the row of the function): gradient(g, saved), where `saved` is the function's input or its output.
// count: elements, a multiple of LANES.
import fragments::{index, function};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count / LANES; i += step) {
    dx[i] = gradient(dout[i], saved[i]);
  }
}
