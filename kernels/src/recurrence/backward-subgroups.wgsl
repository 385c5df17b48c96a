// The gradient of a recurrence for software adapters; see forward-subgroups.wgsl for how sequences, units and weights are laid out.
// hidden: A multiple of 4.
enable subgroups;
import fragments::{launch, privateWeights, retreat};

var<private> toGates: array<State, GATES>;
var<private> toGate: State;

/** dh += Wᵀ · the gradient to one gate. */
fn through(gate: u32) {
  toGate = toGates[gate];
  multiply(gate, &toGate);
}

@compute @workgroup_size(SUBGROUP)
fn main(launch: Launch, @builtin(subgroup_invocation_id) lane: u32) {
  let hidden = uniforms.hidden;
  let units = hidden / 4u;
  for (var gate = 0u; gate < GATES; gate++) {
    for (var j = 0u; j < hidden; j++) {
      for (var part = 0u; part < PARTS; part++) {
        weights[gate][j][part] = whh[(gate * hidden + j) * units + min(part * SUBGROUP + lane, units - 1u)];
      }
    }
  }
  for (var row = launch.group.x; row < uniforms.batch; row += launch.groups.x) {
    let length = lengthOf(row);
    // dh, of all the state's units.
    sum = State();
    let steps = stepsOf(length);
    for (var step = 0u; step < steps; step++) {
      let t = timeOf(steps - 1u - step, steps);
      let at = placeOf(row, t);
      // Lanes beyond the state say nothing to others.
      toGates = array<State, GATES>();
      for (var part = 0u; part < PARTS; part++) {
        let unit = part * SUBGROUP + lane;
        if (unit < units) {
          let slopes = retreatAt(at, unit, sum[part], t >= length);
          for (var gate = 0u; gate < GATES; gate++) {
            toGates[gate][part] = slopes.recurrent[gate];
          }
          sum[part] = slopes.before;
        }
      }
      through(0u);
      if (GATES > 1u) {
        through(1u);
      }
      if (GATES > 2u) {
        through(2u);
      }
      if (GATES > 3u) {
        through(3u);
      }
    }
    for (var part = 0u; part < PARTS; part++) {
      let unit = part * SUBGROUP + lane;
      if (unit < units) {
        dh0[row * units + unit] = sum[part];
      }
    }
  }
  for (var row = leftOver() + launch.group.x; row < uniforms.rows; row += launch.groups.x) {
    for (var unit = lane; unit < units; unit += SUBGROUP) {
      clearAt(row, unit);
    }
  }
}
