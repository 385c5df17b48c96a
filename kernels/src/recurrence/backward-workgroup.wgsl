// The gradient of a recurrence for GPUs, laid out as forward-workgroup.wgsl: an invocation carries dh of one unit of one sequence, and the
// gradients to a step's gates go round the row through workgroup memory.
import fragments::{sharedWeights, retreat};

var<workgroup> toGates: array<Gates, 2u * ROWS * HIDDEN>;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let seat = seatOf(launch, lane);
  copyWeights(lane);
  var dh = 0.0;
  let steps = stepsTogether(launch);
  for (var step = 0u; step < steps; step++) {
    let t = timeOf(steps - 1u - step, steps);
    let buffer = (step % 2u) * ROWS * HIDDEN + seat.place;
    var slopes = Slopes(Gates(), Gates(), dh);
    if (seat.takesPart && (t < seat.length || !packed())) {
      slopes = retreatAt(placeOf(seat.row, t), seat.unit, dh, t >= seat.length);
    }
    if (seat.own < HIDDEN) {
      toGates[buffer + seat.own] = slopes.recurrent;
    }
    workgroupBarrier();
    dh = 0.0;
    for (var j = 0u; j < uniforms.hidden; j++) {
      for (var gate = 0u; gate < GATES; gate++) {
        dh += toGates[buffer + j][gate] * weight(gate, j, seat.unit);
      }
    }
    dh += slopes.before;
  }
  if (seat.takesPart) {
    dh0[seat.row * HIDDEN + seat.unit] = dh;
  }
  for (var row = leftOver() + seat.row; seat.takesPart && row < uniforms.rows; row += uniforms.batch) {
    clearAt(row, seat.unit);
  }
}
