// The gradient of a recurrence of any width; see forward-rows.wgsl for how weights are shared and why loops are written as they are. Here a lane
// reads weights to LANES units of the state at once.
// Prelude: CHUNKS (8 units each: the state width the private arrays have room for), UNROLLED (bool).
import fragments::{fourRows, retreat};

@compute @workgroup_size(EIGHT)
fn main(launch: Launch, sharing: Sharing, @builtin(local_invocation_id) local: vec3<u32>) {
  let four = fourOf(launch, local.x);
  let longest = longestOf(launch);
  let hidden = uniforms.hidden;
  let units = hidden / LANES;
  let chunks = select((hidden + EIGHT - 1u) / EIGHT, CHUNKS, UNROLLED);
  var dh: array<Tile, CHUNKS * EIGHT / LANES>;
  var toGates: array<array<array<vec4<f32>, EIGHT>, CHUNKS>, GATES>;
  let steps = stepsOf(longest);
  for (var step = 0u; step < steps; step++) {
    let t = timeOf(steps - 1u - step, steps);
    let at = placesOf(four, t);
    let has = vec4(!packed()) | (vec4(t) < four.lengths);
    for (var unit = 0u; unit < units; unit++) {
      let carried = dh[unit];
      var straight = carried;
      var gates: array<Tile, GATES>;
      for (var q = 0u; q < four.count; q++) {
        for (var once = select(1u, 0u, has[q]); once < 1u; once++) {
          let slopes = retreatAt(at[q], unit, rowOf(carried, q), t >= four.lengths[q]);
          straight = withRow(straight, q, slopes.before);
          for (var gate = 0u; gate < GATES; gate++) {
            gates[gate] = withRow(gates[gate], q, slopes.recurrent[gate]);
          }
        }
      }
      dh[unit] = straight;
      for (var gate = 0u; gate < GATES; gate++) {
        for (var i = 0u; i < LANES; i++) {
          toGates[gate][(unit * LANES + i) / EIGHT][(unit * LANES + i) % EIGHT] = gates[gate][i];
        }
      }
    }
    // dh += da W, a gate at a time: the code of all would not fit a CPU's instruction cache.
    for (var gate = 0u; gate < select(0u, GATES, t < longest); gate++) {
      let da = toGates[gate];
      for (var unit = 0u; unit < units; unit++) {
        var sum: Tile;
        for (var m = 0u; m < chunks; m++) {
          let mine = m * EIGHT + sharing.lane;
          let weights = select(Value(), whh[(gate * hidden + min(mine, hidden - 1u)) * units + unit], mine < hidden);
          for (var j = 0u; j < EIGHT; j++) {
            let place = m * EIGHT + j;
            let weight = vec4(handed(weights, j, (gate * hidden + place) * units + unit, place < hidden));
            for (var i = 0u; i < LANES; i++) {
              sum[i] += weight[i] * da[m][j];
            }
          }
        }
        for (var i = 0u; i < LANES; i++) {
          dh[unit][i] += sum[i];
        }
      }
    }
  }
  for (var unit = 0u; unit < units; unit++) {
    for (var q = 0u; q < four.count; q++) {
      dh0[four.rows[q] * units + unit] = rowOf(dh[unit], q);
    }
  }
  for (var row = leftOver() + four.first / 4u; four.count > 0u && row < uniforms.rows; row += (uniforms.batch + 3u) / 4u) {
    for (var unit = 0u; unit < units; unit++) {
      clearAt(row, unit);
    }
  }
}
