// Mean and the sum of squared deviations from it, in one pass that does not cancel: Welford's for elements, Chan's for states.
// Prelude: ROOT (write the square root). scale: multiplies the sum of squared deviations.
// Source: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", 1983.

struct State {
  count: f32,
  mean: f32,
  deviations: f32,
}

fn nothing() -> State {
  return State(0.0, 0.0, 0.0);
}

fn taken(state: State, bits: u32, index: u32) -> State {
  let value = bitcast<f32>(bits);
  let count = state.count + 1.0;
  let delta = value - state.mean;
  let mean = state.mean + delta / count;
  return State(count, mean, state.deviations + delta * (value - mean));
}

fn joined(left: State, right: State) -> State {
  let count = left.count + right.count;
  let share = right.count / max(count, 1.0);
  let delta = right.mean - left.mean;
  return State(count, left.mean + delta * share, left.deviations + right.deviations + delta * delta * left.count * share);
}

fn packed(state: State) -> vec4<u32> {
  return bitcast<vec4<u32>>(vec4<f32>(state.count, state.mean, state.deviations, 0.0));
}

fn unpacked(words: vec4<u32>) -> State {
  let numbers = bitcast<vec4<f32>>(words);
  return State(numbers.x, numbers.y, numbers.z);
}

fn finish(at: u32, state: State) {
  let result = uniforms.scale * state.deviations;
  out[at] = bitcast<u32>(select(result, sqrt(result), ROOT));
  second[at] = bitcast<u32>(state.mean);
}
