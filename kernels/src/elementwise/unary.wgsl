// One function of each element: out[i] = f(x[i]).
// Prelude: WORKGROUP (invocations per workgroup), LANES (elements taken at once).
// Fragment `function` (made from the row of the function): apply(x).
// count: elements, a multiple of LANES.
import fragments::{index, function};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count / LANES; i += step) {
    out[i] = apply(x[i]);
  }
}
