// A whole GRU recurrence for GPUs: a workgroup takes ROWS rows of the batch, an invocation one unit of one row. The state goes from step to
// step through workgroup memory, two copies in turn so that one barrier a step is enough. Small weights lie there too, transposed
// so that neighbouring units read neighbouring banks. The mathematics is that of forward.wgsl.
// Prelude: HIDDEN (state width), UNITS (invocations of a row, at least HIDDEN), ROWS, SHARED (bool: weights in workgroup memory).
// rows: steps in all where sequences are packed, those left over included; else 0.
import fragments::launch;

const WORKGROUP = UNITS * ROWS;
const SQUARE = HIDDEN * HIDDEN;

var<workgroup> state: array<f32, 2u * ROWS * HIDDEN>;
var<workgroup> weights: array<f32, select(1u, 3u * SQUARE, SHARED)>;

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

/** W_gate[unit, k] */
fn weight(gate: u32, unit: u32, k: u32) -> f32 {
  if (SHARED) {
    return weights[gate * SQUARE + k * HIDDEN + unit];
  }
  return whh[gate * SQUARE + unit * HIDDEN + k];
}

/** Steps of all packed sequences together. */
fn taken() -> u32 {
  return lengths[uniforms.batch + uniforms.time];
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let time = uniforms.time;
  let hidden = uniforms.hidden;
  let own = lane % UNITS;
  let place = lane / UNITS;
  let row = groupOf(launch) * ROWS + place;
  let takesPart = own < hidden && row < uniforms.batch;
  // Whoever has no unit computes another's again and stores nothing.
  let unit = min(own, hidden - 1u);
  if (SHARED) {
    for (var i = lane; i < 3u * hidden * hidden; i += WORKGROUP) {
      let gate = i / SQUARE;
      let inside = i % SQUARE;
      weights[gate * SQUARE + (inside % HIDDEN) * HIDDEN + inside / HIDDEN] = whh[i];
    }
  }
  var length = select(0u, time, takesPart);
  if (takesPart && uniforms.withLengths == 1u) {
    length = lengths[row];
  }
  // Packed, there are no steps past a row's length, and the workgroup's first row is its longest.
  let packed = uniforms.rows > 0u;
  let stride = select(time, 1u, packed);
  let steps = select(time, lengths[min(groupOf(launch) * ROWS, uniforms.batch - 1u)], packed);
  var before = 0.0;
  if (takesPart && uniforms.initial == 1u) {
    before = h0[row * hidden + unit];
  }
  let biasR = bhh[unit];
  let biasZ = bhh[hidden + unit];
  let biasN = bhh[2u * hidden + unit];
  for (var step = 0u; step < steps; step++) {
    let t = select(step, steps - 1u - step, uniforms.reverse == 1u);
    let buffer = (step % 2u) * ROWS * HIDDEN + place * HIDDEN;
    if (own < hidden) {
      state[buffer + own] = before;
    }
    workgroupBarrier();
    var r = biasR;
    var z = biasZ;
    var s = biasN;
    for (var k = 0u; k < hidden; k++) {
      let value = state[buffer + k];
      r += weight(0u, unit, k) * value;
      z += weight(1u, unit, k) * value;
      s += weight(2u, unit, k) * value;
    }
    if (takesPart && (t < length || !packed)) {
      let at = row * stride + select(t, lengths[uniforms.batch + t], packed);
      var after = before;
      if (t < length) {
        let projected = at * 3u * hidden + unit;
        let reset = sigmoid(r + gates[projected]);
        let update = sigmoid(z + gates[projected + hidden]);
        let candidate = tanh(clamp(reset * s + gates[projected + 2u * hidden], -20.0, 20.0));
        after = candidate + update * (before - candidate);
        if (uniforms.save == 1u) {
          let kept = at * 4u * hidden + unit;
          saved[kept] = reset;
          saved[kept + hidden] = update;
          saved[kept + 2u * hidden] = candidate;
          saved[kept + 3u * hidden] = s;
        }
      }
      if (uniforms.save == 1u) {
        previous[at * hidden + unit] = before;
      }
      out[at * hidden + unit] = after;
      before = after;
    }
  }
  // What is left over behind the last of packed rows.
  let begin = select(uniforms.rows, taken() + row, packed && takesPart);
  for (var goal = begin; goal < uniforms.rows; goal += uniforms.batch) {
    out[goal * hidden + unit] = 0.0;
    if (uniforms.save == 1u) {
      previous[goal * hidden + unit] = 0.0;
    }
  }
}
