// Folds the middle axis of x [outer, axis, inner] into `parts` states: part p takes elements p, p + parts, p + 2·parts, … With parts = 1
// that is the whole fold; a long axis with few outputs takes two launches, the second over the states of the first. Every fold has one
// fixed order.
// Prelude: WORKGROUP (invocations per workgroup), FROM_STATES (fold `states` of an earlier launch, not x), TO_STATES (write states for a
// later one, not results), and a fragment `fold`: State, nothing(), taken(state, bits, index), joined(left, right), packed(state),
// unpacked(words), and finish(at, state), which writes results.
//
// Neighbouring lanes have neighbouring (part, inner) and so read neighbouring addresses.
import fragments::{index, fold};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = uniforms.parts * uniforms.inner;
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.outer * stride; i += step) {
    let outer = i / stride;
    let column = i - outer * stride;
    var at = outer * uniforms.axis * uniforms.inner + column;
    var state = nothing();
    for (var k = column / uniforms.inner; k < uniforms.axis; k += uniforms.parts) {
      if (FROM_STATES) {
        state = joined(state, unpacked(states[at]));
      } else {
        state = taken(state, x[at], k);
      }
      at += stride;
    }
    if (TO_STATES) {
      joint[i] = packed(state);
    } else {
      finish(i, state);
    }
  }
}
