// A step of a recurrence for some units of a sequence: reads its projected inputs, and stores what comes of them.
// Prelude: GATES, KEPT, Value and LANES (units in one, dividing the width).
import fragments::{sequences, cell};

/** @returns the state after the step, which is that before it where that is held. */
fn advanceAt(at: u32, unit: u32, recurrent: Gates, before: Value, held: bool) -> Value {
  let units = uniforms.hidden / LANES;
  var projected: Gates;
  for (var gate = 0u; gate < GATES; gate++) {
    projected[gate] = gates[(at * GATES + gate) * units + unit];
  }
  let next = advance(projected, recurrent, before);
  let after = select(next.after, before, held);
  out[at * units + unit] = after;
  // A loop of no rounds costs a software adapter nothing; an `if` would run with its lanes masked off.
  for (var once = 0u; once < uniforms.save; once++) {
    previous[at * units + unit] = before;
    for (var i = 0u; i < KEPT; i++) {
      saved[(at * KEPT + i) * units + unit] = next.kept[i];
    }
  }
  return after;
}

/** Zeroes a row left over. */
fn clearAt(at: u32, unit: u32) {
  let place = at * (uniforms.hidden / LANES) + unit;
  out[place] = Value();
  for (var once = 0u; once < uniforms.save; once++) {
    previous[place] = Value();
  }
}
