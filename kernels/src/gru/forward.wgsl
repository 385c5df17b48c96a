// A whole GRU recurrence over already projected inputs in one dispatch, torch's gate order r, z, n:
//   r = σ(gates_r + W_r h + b_r), z = σ(gates_z + W_z h + b_z), n = tanh(gates_n + r ∘ (W_n h + b_n)), h' = (1 − z) ∘ n + z ∘ h
// One invocation carries four batch rows, the components of a vec4, so that a weight read serves four rows in every SIMD
// lane, and makes TILE units at a time, so that a state read serves three gates of each. Steps at and past a row's length
// hold its state. Packed there are none such: sequences, longest first, lie time after time, all that have a step at it; `lengths` says behind
// the lengths where those of each time begin. Rows left over at the end are zeroed. Loops around storage accesses have bounds that the compiler does not know: it would unroll them into hundreds
// of times the code.
// Prelude: WORKGROUP (invocations per workgroup), CAPACITY (state width the private arrays have room for), TILE (units at a
// time).
// rows: steps in all where sequences are packed, those left over included; else 0.
import fragments::index;

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

/** Steps of all packed sequences together. */
fn taken() -> u32 {
  return lengths[uniforms.batch + uniforms.time];
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let first = indexOf(launch, lane) * 4;
  if (first >= uniforms.batch) {
    return;
  }
  let count = min(uniforms.batch - first, 4);
  let time = uniforms.time;
  let hidden = uniforms.hidden;
  let two = 2 * hidden;
  let three = 3 * hidden;
  var length = vec4(select(time, 0, uniforms.withLengths == 1));
  for (var q = 0u; q < count * uniforms.withLengths; q++) {
    length[q] = lengths[first + q];
  }
  let longest = max(max(length.x, length.y), max(length.z, length.w));
  let packed = uniforms.rows > 0;
  // A step of a sequence lies at sequence · stride + where those of its time begin.
  let stride = select(time, 1, packed);
  let steps = select(time, longest, packed);

  var h: array<vec4<f32>, CAPACITY>;
  var next: array<vec4<f32>, CAPACITY>;
  for (var k = 0u; k < hidden * uniforms.initial; k++) {
    var state = vec4(0.0);
    for (var q = 0u; q < count; q++) {
      state[q] = h0[(first + q) * hidden + k];
    }
    next[k] = state;
  }

  for (var step = 0u; step < steps; step++) {
    let t = select(step, steps - 1 - step, uniforms.reverse == 1);
    let begin = select(t, lengths[uniforms.batch + t], packed);
    h = next;
    // A loop of no rounds costs a software adapter nothing; an `if` would run with its lanes masked off.
    for (var j = 0u; j < select(0, hidden, t < longest); j += TILE) {
      var r = array<vec4<f32>, TILE>();
      var z = array<vec4<f32>, TILE>();
      var n = array<vec4<f32>, TILE>();
      for (var k = 0u; k < hidden; k++) {
        let state = h[k];
        for (var i = 0u; i < TILE; i++) {
          let at = min(j + i, hidden - 1) * hidden + k;
          r[i] += whh[at] * state;
          z[i] += whh[at + hidden * hidden] * state;
          n[i] += whh[at + two * hidden] * state;
        }
      }
      for (var i = 0u; i < min(hidden - j, TILE); i++) {
        let unit = j + i;
        let before = h[unit];
        let biasR = bhh[unit];
        let biasZ = bhh[unit + hidden];
        let biasN = bhh[unit + two];
        var after = before;
        for (var q = 0u; q < count; q++) {
          if (packed && t >= length[q]) {
            continue;
          }
          let at = (first + q) * stride + begin;
          let projected = at * three + unit;
          let s = n[i][q] + biasN;
          let reset = sigmoid(r[i][q] + biasR + gates[projected]);
          let update = sigmoid(z[i][q] + biasZ + gates[projected + hidden]);
          let candidate = tanh(clamp(reset * s + gates[projected + two], -20.0, 20.0));
          after[q] = select(before[q], candidate + update * (before[q] - candidate), t < length[q]);
          for (var once = 0u; once < uniforms.save; once++) {
            let kept = at * 4 * hidden + unit;
            saved[kept] = reset;
            saved[kept + hidden] = update;
            saved[kept + two] = candidate;
            saved[kept + three] = s;
          }
        }
        next[unit] = after;
      }
    }
    for (var k = 0u; k < hidden; k++) {
      let before = h[k];
      let after = next[k];
      for (var q = 0u; q < count; q++) {
        if (packed && t >= length[q]) {
          continue;
        }
        let at = ((first + q) * stride + begin) * hidden + k;
        out[at] = after[q];
        for (var once = 0u; once < uniforms.save; once++) {
          previous[at] = before[q];
        }
      }
    }
  }
  // What is left over behind the last of packed rows.
  let begin = select(uniforms.rows, taken() + first / 4, packed);
  for (var row = begin; row < uniforms.rows; row += (uniforms.batch + 3) / 4) {
    for (var k = 0u; k < hidden; k++) {
      out[row * hidden + k] = 0.0;
      for (var once = 0u; once < uniforms.save; once++) {
        previous[row * hidden + k] = 0.0;
      }
    }
  }
}
