// log Σ exp(x), shifted by the largest element so far: one exponential an element. +∞ gives +∞, −∞ alone −∞, NaN NaN.

const LOWEST = -3.4028234e38;

/** Σ exp(x − most); finite at the start so that −∞ − most is −∞. */
struct State {
  most: f32,
  total: f32,
}

fn nothing() -> State {
  return State(LOWEST, 0.0);
}

fn joined(left: State, right: State) -> State {
  // Equal ones first: ∞ − ∞ is NaN.
  let shrink = select(exp(-abs(right.most - left.most)), 1.0, right.most == left.most);
  if (right.most > left.most) {
    return State(right.most, left.total * shrink + right.total);
  }
  return State(left.most, left.total + right.total * shrink);
}

fn taken(state: State, bits: u32, index: u32) -> State {
  return joined(state, State(bitcast<f32>(bits), 1.0));
}

fn packed(state: State) -> vec4<u32> {
  return bitcast<vec4<u32>>(vec4<f32>(state.most, state.total, 0.0, 0.0));
}

fn unpacked(words: vec4<u32>) -> State {
  let numbers = bitcast<vec4<f32>>(words);
  return State(numbers.x, numbers.y);
}

fn finish(at: u32, state: State) {
  out[at] = bitcast<u32>(state.most + log(state.total));
}
