// A recurrence of any width. A lane carries four sequences, and weights are handed round. Loops over the state have bounds that the compiler knows:
// it unrolls them (up to 32 chunks), which keeps indices into private memory constant. Others around storage accesses have bounds
// that it does not know, or it would unroll them into hundreds of times the code.
import fragments::{fourRows, advance};

/** Weights from LANES units of the state, of the row that begins at `base`; zero beyond the state. */
fn weightsOf(base: u32, place: u32) -> Value {
  let units = uniforms.hidden / LANES;
  return select(Value(), whh[base + min(place, units - 1u)], place < units);
}

@compute @workgroup_size(EIGHT)
fn main(launch: Launch, sharing: Sharing, @builtin(local_invocation_id) local: vec3<u32>) {
  let four = fourOf(launch, local.x);
  let longest = longestOf(launch);
  let hidden = uniforms.hidden;
  let units = hidden / LANES;
  var next: State;
  for (var k = 0u; k < units * uniforms.initial; k++) {
    for (var q = 0u; q < four.count; q++) {
      next[k / EIGHT][k % EIGHT] = withRow(next[k / EIGHT][k % EIGHT], q, h0[four.rows[q] * units + k]);
    }
  }
  let steps = stepsOf(longest);
  for (var step = 0u; step < steps; step++) {
    let t = timeOf(step, steps);
    let at = placesOf(four, t);
    let has = vec4(!packed()) | (vec4(t) < four.lengths);
    // A variable: what is read by an index out of a value is copied as a whole first.
    var h = next;
    for (var unit = 0u; unit < units; unit++) {
      // W h + b of every gate, a unit at a time: the code of all would not fit a CPU's instruction cache.
      var sums = array<Tile, GATES>();
      for (var i = 0u; i < select(0u, GATES * (hidden / units), t < longest); i++) {
        let row = i / LANES * hidden + unit * LANES + i % LANES;
        // All weights first: the branches of a load would part the arithmetic.
        var weights: array<Value, CHUNKS>;
        for (var m = 0u; m < CHUNKS; m++) {
          weights[m] = weightsOf(row * units, m * EIGHT + sharing.lane);
        }
        var sum = vec4(bhh[row]);
        for (var m = 0u; m < CHUNKS; m++) {
          sum += meet(weights[m], row * units, m * EIGHT, h[m]);
        }
        sums[i / LANES][i % LANES] = sum;
      }
      let before = h[unit / EIGHT][unit % EIGHT];
      var after = before;
      for (var q = 0u; q < four.count; q++) {
        for (var once = select(1u, 0u, has[q]); once < 1u; once++) {
          var recurrent: Gates;
          for (var gate = 0u; gate < GATES; gate++) {
            recurrent[gate] = rowOf(sums[gate], q);
          }
          after = withRow(after, q, advanceAt(at[q], unit, recurrent, rowOf(before, q), t >= four.lengths[q]));
        }
      }
      next[unit / EIGHT][unit % EIGHT] = after;
    }
  }
  for (var row = leftOver() + four.first / 4u; four.count > 0u && row < uniforms.rows; row += (uniforms.batch + 3u) / 4u) {
    for (var unit = 0u; unit < units; unit++) {
      clearAt(row, unit);
    }
  }
}
