// Mean and the sum of squared deviations from it, in one pass that does not cancel: Welford's for elements, Chan's for states.
// Prelude: ROOT (write the square root). scale: multiplies the sum of squared deviations.
// Source: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", 1983.

/**
 * `mean` counts from `pivot`, the first element: a mean far from 0 would not see small deviations. As an element it is within √n
 * deviations of the mean, so that an outlier there does no harm.
 */
struct State {
  count: f32,
  pivot: f32,
  mean: f32,
  deviations: f32,
}

fn nothing() -> State {
  return State(0.0, 0.0, 0.0, 0.0);
}

fn taken(state: State, bits: u32, index: u32) -> State {
  let pivot = select(state.pivot, bitcast<f32>(bits), state.count == 0.0);
  let value = bitcast<f32>(bits) - pivot;
  let count = state.count + 1.0;
  let delta = value - state.mean;
  let mean = state.mean + delta / count;
  return State(count, pivot, mean, state.deviations + delta * (value - mean));
}

fn joined(left: State, right: State) -> State {
  let count = left.count + right.count;
  let share = right.count / max(count, 1.0);
  let pivot = select(left.pivot, right.pivot, left.count == 0.0);
  let delta = (right.pivot - pivot) + (right.mean - left.mean);
  let deviations = left.deviations + right.deviations + delta * delta * left.count * share;
  return State(count, pivot, left.mean + delta * share, deviations);
}

fn packed(state: State) -> vec4<u32> {
  return bitcast<vec4<u32>>(vec4<f32>(state.count, state.pivot, state.mean, state.deviations));
}

fn unpacked(words: vec4<u32>) -> State {
  let numbers = bitcast<vec4<f32>>(words);
  return State(numbers.x, numbers.y, numbers.z, numbers.w);
}

fn finish(at: u32, state: State) {
  let result = uniforms.scale * state.deviations;
  out[at] = bitcast<u32>(select(result, sqrt(result), ROOT));
  second[at] = bitcast<u32>(state.pivot + state.mean);
}
