// One step of a recurrence from both of its projections: what is left of it once W_hh h + b_hh is a product of matrices.
// Prelude: WORKGROUP (invocations per workgroup), GATES, KEPT, Value and LANES (units in one, dividing the width).
import fragments::{index, cell};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let units = uniforms.hidden / LANES;
  let all = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * units; i += all) {
    let at = i / units * GATES * units + i % units;
    var fromInput: Gates;
    var fromState: Gates;
    for (var gate = 0u; gate < GATES; gate++) {
      fromInput[gate] = gates[at + gate * units];
      fromState[gate] = recurrent[at + gate * units];
    }
    out[i] = advance(fromInput, fromState, h0[i]).after;
  }
}
