// A workgroup that takes ROWS sequences, an invocation one unit of one of them, and W_hh in its memory where that is small.
// Prelude: HIDDEN (state width), UNITS (invocations of a row, at least HIDDEN), ROWS, GATES, SHARED (bool: weights in workgroup memory),
// TRANSPOSED (bool: they lie there transposed, so that neighbouring gate units read neighbouring banks; else neighbouring state units do).
import fragments::{launch, sequences};

const WORKGROUP = UNITS * ROWS;
const SQUARE = HIDDEN * HIDDEN;
var<workgroup> weights: array<f32, select(1u, GATES * SQUARE, SHARED)>;

fn copyWeights(lane: u32) {
  for (var i = lane; i < select(0u, GATES * SQUARE, SHARED); i += WORKGROUP) {
    let inside = i % SQUARE;
    weights[select(i, i - inside + (inside % HIDDEN) * HIDDEN + inside / HIDDEN, TRANSPOSED)] = whh[i];
  }
}

/** W_gate[unit, k] */
fn weight(gate: u32, unit: u32, k: u32) -> f32 {
  if (SHARED) {
    return weights[gate * SQUARE + select(unit * HIDDEN + k, k * HIDDEN + unit, TRANSPOSED)];
  }
  return whh[gate * SQUARE + unit * HIDDEN + k];
}

/** Where an invocation stands. */
struct Seat {
  /** Its place in one of two buffers that steps take in turn, behind `place` units of other rows. */
  own: u32,
  place: u32,
  row: u32,
  /** Whoever has no unit, or no sequence, computes another's again and stores nothing. */
  unit: u32,
  takesPart: bool,
  length: u32,
}

fn seatOf(launch: Launch, lane: u32) -> Seat {
  let own = lane % UNITS;
  let row = groupOf(launch) * ROWS + lane / UNITS;
  let takesPart = own < HIDDEN && row < uniforms.batch;
  let length = select(0u, lengthOf(min(row, uniforms.batch - 1u)), takesPart);
  return Seat(own, lane / UNITS * HIDDEN, row, min(own, HIDDEN - 1u), takesPart, length);
}

/** Steps of the workgroup, on which its invocations agree: of its first sequence, the longest where they are packed. */
fn stepsTogether(launch: Launch) -> u32 {
  return stepsOf(lengthOf(min(groupOf(launch) * ROWS, uniforms.batch - 1u)));
}
