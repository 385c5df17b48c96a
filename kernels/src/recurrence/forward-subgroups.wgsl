// A recurrence for software adapters, where the lanes of a subgroup are the elements of a CPU's vector register and a workgroup is one
// subgroup. A lane has four neighbouring units in each part of the state. It takes its sequences one after the other, each from its first step to
// its last: the state stays in registers, goes to all lanes by shuffles, and meets weights that were copied to private memory
// once for all. Loops that copy have bounds that no compiler can see, so that they stay loops.
// hidden: A multiple of 4.
enable subgroups;
import fragments::{launch, privateWeights, advance};

var<private> bias: array<State, GATES>;
var<private> sums: array<State, GATES>;
var<private> h: State;

/** Weights of a gate to a lane's four units from four others on: by those, of which memory has all to each unit in one piece. */
fn columns(gate: u32, unit: u32, i: u32) -> mat4x4<f32> {
  let units = uniforms.hidden / 4u;
  let row = (gate * uniforms.hidden + 4u * unit) * units + i;
  return transpose(mat4x4(whh[row], whh[row + units], whh[row + 2u * units], whh[row + 3u * units]));
}

fn copyWeights(gate: u32, lane: u32) {
  let units = uniforms.hidden / 4u;
  for (var part = 0u; part < PARTS; part++) {
    let unit = min(part * SUBGROUP + lane, units - 1u);
    bias[gate][part] = bhh[gate * units + unit];
    for (var i = 0u; i < units; i++) {
      let four = columns(gate, unit, i);
      for (var j = 0u; j < 4u; j++) {
        weights[gate][4u * i + j][part] = four[j];
      }
    }
  }
}

/** W h + b of a gate. Called once for each, written out: a loop over wide gates would not be unrolled, and its index be a variable. */
fn project(gate: u32) {
  sum = bias[gate];
  multiply(gate, &h);
  sums[gate] = sum;
}

@compute @workgroup_size(SUBGROUP)
fn main(launch: Launch, @builtin(subgroup_invocation_id) lane: u32) {
  let units = uniforms.hidden / 4u;
  for (var gate = 0u; gate < GATES; gate++) {
    copyWeights(gate, lane);
  }
  for (var row = launch.group.x; row < uniforms.batch; row += launch.groups.x) {
    let length = lengthOf(row);
    for (var part = 0u; part < PARTS; part++) {
      let unit = part * SUBGROUP + lane;
      h[part] = vec4(0.0);
      if (uniforms.initial == 1u && unit < units) {
        h[part] = h0[row * units + unit];
      }
    }
    let steps = stepsOf(length);
    for (var step = 0u; step < steps; step++) {
      let t = timeOf(step, steps);
      let at = placeOf(row, t);
      project(0u);
      if (GATES > 1u) {
        project(1u);
      }
      if (GATES > 2u) {
        project(2u);
      }
      if (GATES > 3u) {
        project(3u);
      }
      for (var part = 0u; part < PARTS; part++) {
        let unit = part * SUBGROUP + lane;
        if (unit < units) {
          var recurrent: Gates;
          for (var gate = 0u; gate < GATES; gate++) {
            recurrent[gate] = sums[gate][part];
          }
          h[part] = advanceAt(at, unit, recurrent, h[part], t >= length);
        }
      }
    }
  }
  for (var row = leftOver() + launch.group.x; row < uniforms.rows; row += launch.groups.x) {
    for (var unit = lane; unit < units; unit += SUBGROUP) {
      clearAt(row, unit);
    }
  }
}
