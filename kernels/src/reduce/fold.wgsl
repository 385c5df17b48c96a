// Folds the middle axis of x [outer, axis, inner] into `parts` states: part p takes elements p, p + parts, p + 2·parts, … With parts = 1
// that is the whole fold; a long axis with few outputs takes two launches, the second over the states of the first. Every fold has one
// fixed order.
// Prelude: WORKGROUP (invocations per workgroup), FROM_STATES (fold `states` of an earlier launch, not x), TO_STATES (write states for a
// later one, not results), Words (u32 or vec4<u32>) and LANES (elements of x in one: with 4, inner is 1 and four of the axis are one).
// A fragment `fold`: State, nothing(), taken(state, bits, index), joined(left, right), packed(state), unpacked(words), and
// finish(at, state), which writes results.
//
// Neighbouring lanes have neighbouring (part, inner) and so read neighbouring addresses.
import fragments::{index, fold};

fn folded(state: State, at: u32, index: u32) -> State {
  if (FROM_STATES) {
    return joined(state, unpacked(states[at]));
  }
  return taken(state, vec4<u32>(x[at]).x, index);
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = uniforms.parts * uniforms.inner;
  let length = uniforms.axis / LANES;
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.outer * stride; i += step) {
    let outer = i / stride;
    let column = i - outer * stride;
    var at = outer * length * uniforms.inner + column;
    // Four states: none waits for another, and each rounds a quarter as often.
    var state0 = nothing();
    var state1 = nothing();
    var state2 = nothing();
    var state3 = nothing();
    var k = column / uniforms.inner;
    if (LANES == 4u) {
      for (; k < length; k += uniforms.parts) {
        let four = vec4<u32>(x[at]);
        state0 = taken(state0, four.x, 4u * k);
        state1 = taken(state1, four.y, 4u * k + 1u);
        state2 = taken(state2, four.z, 4u * k + 2u);
        state3 = taken(state3, four.w, 4u * k + 3u);
        at += stride;
      }
    }
    for (; k + 3u * uniforms.parts < length; k += 4u * uniforms.parts) {
      state0 = folded(state0, at, k);
      state1 = folded(state1, at + stride, k + uniforms.parts);
      state2 = folded(state2, at + 2u * stride, k + 2u * uniforms.parts);
      state3 = folded(state3, at + 3u * stride, k + 3u * uniforms.parts);
      at += 4u * stride;
    }
    for (; k < length; k += uniforms.parts) {
      state0 = folded(state0, at, k);
      at += stride;
    }
    let state = joined(joined(state0, state1), joined(state2, state3));
    if (TO_STATES) {
      joint[i] = packed(state);
    } else {
      finish(i, state);
    }
  }
}
