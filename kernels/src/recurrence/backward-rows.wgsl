// The gradient of a recurrence of any width; see forward-rows.wgsl for how weights are shared and why loops are written as they are. Here a lane
// reads LANES weights of a column, which costs it no more than neighbours.
import fragments::{fourRows, retreat};

/** Weights of a gate's LANES units to a unit of the state, whose first weight is at `base`; zero beyond the state. */
fn weightsOf(base: u32, place: u32) -> Value {
  let units = uniforms.hidden / LANES;
  var column: vec4<f32>;
  for (var i = 0u; i < LANES; i++) {
    column[i] = whh[base + (min(place, units - 1u) * LANES + i) * uniforms.hidden];
  }
  return select(Value(), narrowed(column), place < units);
}

@compute @workgroup_size(EIGHT)
fn main(launch: Launch, sharing: Sharing, @builtin(local_invocation_id) local: vec3<u32>) {
  let four = fourOf(launch, local.x);
  let longest = longestOf(launch);
  let hidden = uniforms.hidden;
  let units = hidden / LANES;
  var dh: State;
  var toGates: array<State, GATES>;
  let steps = stepsOf(longest);
  for (var step = 0u; step < steps; step++) {
    let t = timeOf(steps - 1u - step, steps);
    let at = placesOf(four, t);
    let has = vec4(!packed()) | (vec4(t) < four.lengths);
    for (var unit = 0u; unit < units; unit++) {
      let carried = dh[unit / EIGHT][unit % EIGHT];
      var straight = carried;
      // Set anew each time: llvmpipe does not for a variable of a loop without a value.
      var gates = array<Tile, GATES>();
      for (var q = 0u; q < four.count; q++) {
        for (var once = select(1u, 0u, has[q]); once < 1u; once++) {
          let slopes = retreatAt(at[q], unit, rowOf(carried, q), t >= four.lengths[q]);
          straight = withRow(straight, q, slopes.before);
          for (var gate = 0u; gate < GATES; gate++) {
            gates[gate] = withRow(gates[gate], q, slopes.recurrent[gate]);
          }
        }
      }
      dh[unit / EIGHT][unit % EIGHT] = straight;
      for (var gate = 0u; gate < GATES; gate++) {
        toGates[gate][unit / EIGHT][unit % EIGHT] = gates[gate];
      }
    }
    // dh += da W, a gate at a time: the code of all would not fit a CPU's instruction cache.
    for (var gate = 0u; gate < select(0u, GATES, t < longest); gate++) {
      var da = toGates[gate];
      for (var k = 0u; k < hidden; k++) {
        let base = gate * hidden * hidden + k;
        var weights: array<Value, CHUNKS>;
        for (var m = 0u; m < CHUNKS; m++) {
          weights[m] = weightsOf(base, m * EIGHT + sharing.lane);
        }
        var sum = vec4<f32>();
        for (var m = 0u; m < CHUNKS; m++) {
          sum += meet(weights[m], base, m * EIGHT, da[m]);
        }
        dh[k / LANES / EIGHT][k / LANES % EIGHT][k % LANES] += sum;
      }
    }
  }
  for (var unit = 0u; unit < units; unit++) {
    for (var q = 0u; q < four.count; q++) {
      dh0[four.rows[q] * units + unit] = rowOf(dh[unit / EIGHT][unit % EIGHT], q);
    }
  }
  for (var row = leftOver() + four.first / 4u; four.count > 0u && row < uniforms.rows; row += (uniforms.batch + 3u) / 4u) {
    for (var unit = 0u; unit < units; unit++) {
      clearAt(row, unit);
    }
  }
}
