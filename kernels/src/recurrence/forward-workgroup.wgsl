// A recurrence for GPUs: a workgroup takes ROWS sequences, an invocation one unit of one of them. The state goes from step to step through
// workgroup memory, two copies in turn so that one barrier a step is enough.
import fragments::{sharedWeights, advance};

var<workgroup> state: array<f32, 2u * ROWS * HIDDEN>;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let seat = seatOf(launch, lane);
  copyWeights(lane);
  var before = 0.0;
  if (seat.takesPart && uniforms.initial == 1u) {
    before = h0[seat.row * HIDDEN + seat.unit];
  }
  let steps = stepsTogether(launch);
  for (var step = 0u; step < steps; step++) {
    let t = timeOf(step, steps);
    let buffer = (step % 2u) * ROWS * HIDDEN + seat.place;
    if (seat.own < HIDDEN) {
      state[buffer + seat.own] = before;
    }
    workgroupBarrier();
    var recurrent: Gates;
    for (var gate = 0u; gate < GATES; gate++) {
      recurrent[gate] = bhh[gate * HIDDEN + seat.unit];
    }
    for (var k = 0u; k < uniforms.hidden; k++) {
      let value = state[buffer + k];
      for (var gate = 0u; gate < GATES; gate++) {
        recurrent[gate] += weight(gate, seat.unit, k) * value;
      }
    }
    if (seat.takesPart && (t < seat.length || !packed())) {
      before = advanceAt(placeOf(seat.row, t), seat.unit, recurrent, before, t >= seat.length);
    }
  }
  for (var row = leftOver() + seat.row; seat.takesPart && row < uniforms.rows; row += uniforms.batch) {
    clearAt(row, seat.unit);
  }
}
