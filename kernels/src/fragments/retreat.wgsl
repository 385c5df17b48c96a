// The gradient of a step of a recurrence for some units of a sequence, from that of the state after it.
// Prelude: GATES, KEPT, Value and LANES (units in one, dividing the width).
import fragments::{sequences, cell};

/** Zero, and dh goes straight on, where the state is held. */
fn retreatAt(at: u32, unit: u32, dh: Value, held: bool) -> Slopes {
  let units = uniforms.hidden / LANES;
  var slopes = Slopes(Gates(), Gates(), dh + dy[at * units + unit]);
  // At most once: a software adapter leaves a loop that no lane wants, but runs an `if` with its lanes masked off.
  for (var once = select(0u, 1u, held); once < 1u; once++) {
    var kept: Kept;
    for (var i = 0u; i < KEPT; i++) {
      kept[i] = saved[(at * KEPT + i) * units + unit];
    }
    slopes = retreat(slopes.before, previous[at * units + unit], kept);
  }
  for (var gate = 0u; gate < GATES; gate++) {
    dgates[(at * GATES + gate) * units + unit] = slopes.projected[gate];
    dgatesHidden[(at * GATES + gate) * units + unit] = slopes.recurrent[gate];
  }
  return slopes;
}

/** Zeroes a row left over. */
fn clearAt(at: u32, unit: u32) {
  let units = uniforms.hidden / LANES;
  for (var gate = 0u; gate < GATES; gate++) {
    dgates[(at * GATES + gate) * units + unit] = Value();
    dgatesHidden[(at * GATES + gate) * units + unit] = Value();
  }
}
