// Largest or smallest element with the first index that has it or the number of those that have; or whether any is, or all are, not 0.
// Prelude: OPERATION (one of the constants below), SECOND (what to write beside it), ORDER as in fragments::order.
import fragments::order;

const MAXIMUM = 0u;
const MINIMUM = 1u;
const ANY = 2u;

const INDEX = 1u;

/** The largest rank so far. `second` is the smallest index of those that have it, or their number. */
struct State {
  rank: u32,
  second: u32,
}

fn nothing() -> State {
  return State(0u, select(0u, 0xffffffffu, SECOND == INDEX));
}

/** What is searched for has the largest rank: 1 or 2 for a truth, which for ALL is that an element is 0. */
fn rankOf(bits: u32) -> u32 {
  switch (OPERATION) {
    case MAXIMUM: { return keyOf(bits); }
    case MINIMUM: { return turned(keyOf(bits)); }
    default: {
      let zero = select(bits, bits & ~SIGN, ORDER == FLOATS) == 0u;
      return select(1u, 2u, zero != (OPERATION == ANY));
    }
  }
}

fn joined(left: State, right: State) -> State {
  let both = select(left.second + right.second, min(left.second, right.second), SECOND == INDEX);
  let second = select(select(left.second, right.second, right.rank > left.rank), both, right.rank == left.rank);
  return State(max(left.rank, right.rank), second);
}

fn taken(state: State, bits: u32, index: u32) -> State {
  return joined(state, State(rankOf(bits), select(1u, index, SECOND == INDEX)));
}

fn packed(state: State) -> vec4<u32> {
  return vec4<u32>(state.rank, state.second, 0u, 0u);
}

fn unpacked(words: vec4<u32>) -> State {
  return State(words.x, words.y);
}

fn finish(at: u32, state: State) {
  switch (OPERATION) {
    case MAXIMUM: { out[at] = numberOf(state.rank); }
    case MINIMUM: { out[at] = numberOf(turned(state.rank)); }
    default: { out[at] = select(0u, select(1u, bitcast<u32>(1.0), ORDER == FLOATS), (state.rank == 2u) == (OPERATION == ANY)); }
  }
  if (SECOND != 0u) {
    second[at] = state.second;
  }
}
