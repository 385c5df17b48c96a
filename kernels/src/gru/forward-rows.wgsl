// The recurrence of forward.wgsl for software adapters whose subgroups have 8 lanes or more, and widths that are multiples of 4: those for which
// forward-subgroups.wgsl would take too long to compile.
// A lane carries four batch rows, the components of a vec4. The weights, the same for every lane, are read 32 at a time, a vec4
// by each of 8 lanes, and handed round by broadcasts: on a software adapter a storage access costs as much for one value that all
// lanes want as for one value per lane. Loops around storage accesses have bounds that the compiler does not know, or it would
// unroll them into hundreds of times the code; loops of arithmetic over `h` are unrolled, which keeps its indices constant.
// Prelude: CHUNKS (32 units each: the state width the private arrays have room for).
// rows: steps in all where sequences are packed, those left over included; else 0.
enable subgroups;
import fragments::launch;

const LANES: u32 = 8;

fn sigmoid(x: vec4<f32>) -> vec4<f32> {
  return 1.0 / (1.0 + exp(-clamp(x, vec4(-80.0), vec4(80.0))));
}

/** Four weights times four units' states, each of four rows. Short chains of sums: the long ones would wait on each other. */
fn four(w: vec4<f32>, h: array<vec4<f32>, 4>) -> vec4<f32> {
  return (w.x * h[0] + w.y * h[1]) + (w.z * h[2] + w.w * h[3]);
}

/** Steps of all packed sequences together. */
fn taken() -> u32 {
  return lengths[uniforms.batch + uniforms.time];
}

@compute @workgroup_size(LANES)
fn main(launch: Launch, @builtin(local_invocation_index) local: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let groupFirst = groupOf(launch) * LANES * 4;
  let first = groupFirst + local * 4;
  let last = uniforms.batch - 1;
  // Lanes past the batch compute along, broadcasting needs them, but store nothing.
  let count = min(max(first, uniforms.batch) - first, 4u);
  let rows = min(first + vec4(0u, 1u, 2u, 3u), vec4(last));
  let hidden = uniforms.hidden;
  let units = hidden / 4;
  // 4, but not to the compiler.
  let quad = hidden / units;

  var length = vec4(uniforms.time);
  // The longest row of the whole workgroup, so that all its lanes agree on it.
  var longest = uniforms.time;
  if (uniforms.withLengths == 1) {
    length = vec4(lengths[rows.x], lengths[rows.y], lengths[rows.z], lengths[rows.w]);
    longest = 0;
    for (var i = 0u; i < LANES * quad; i++) {
      longest = max(longest, lengths[min(groupFirst + i, last)]);
    }
  }

  // A step of a sequence lies at sequence · stride + where those of its time begin.
  let packed = uniforms.rows > 0;
  let stride = select(uniforms.time, 1, packed);
  let steps = select(uniforms.time, longest, packed);

  var h: array<array<array<vec4<f32>, 4>, LANES>, CHUNKS>;
  for (var k = 0u; k < units * uniforms.initial; k++) {
    let at = rows * units + k;
    let state = transpose(mat4x4(h0[at.x], h0[at.y], h0[at.z], h0[at.w]));
    h[k / LANES][k % LANES] = array(state[0], state[1], state[2], state[3]);
  }

  for (var step = 0u; step < steps; step++) {
    let t = select(step, steps - 1 - step, uniforms.reverse == 1);
    let begin = select(t, lengths[uniforms.batch + t], packed);
    // Packed, there are no steps past a row's length.
    let has = vec4(!packed) | (vec4(t) < length);
    for (var unit = 0u; unit < select(0, units, t < longest); unit++) {
      // W h + b for four units of gate r, then of z, then of n. One at a time: the code of all three would not fit a CPU's
      // instruction cache.
      var sums: array<vec4<f32>, 12>;
      for (var i = 0u; i < 3 * quad; i++) {
        let j = (i / 4) * hidden + unit * 4 + i % 4;
        var weight: array<vec4<f32>, CHUNKS>;
        for (var m = 0u; m < CHUNKS; m++) {
          // Lanes past the row's end read its last weights, which meet the zeros that `h` holds there.
          weight[m] = whh[j * units + min(m * LANES + lane, units - 1)];
        }
        var sum = vec4(bhh[j]);
        for (var m = 0u; m < CHUNKS; m++) {
          let w = weight[m];
          sum += four(subgroupBroadcast(w, 0), h[m][0]);
          sum += four(subgroupBroadcast(w, 1), h[m][1]);
          sum += four(subgroupBroadcast(w, 2), h[m][2]);
          sum += four(subgroupBroadcast(w, 3), h[m][3]);
          sum += four(subgroupBroadcast(w, 4), h[m][4]);
          sum += four(subgroupBroadcast(w, 5), h[m][5]);
          sum += four(subgroupBroadcast(w, 6), h[m][6]);
          sum += four(subgroupBroadcast(w, 7), h[m][7]);
        }
        sums[i] = sum;
      }
      // Row by row from here: a vec4 is four units of one row, as memory has them.
      let before = h[unit / LANES][unit % LANES];
      for (var q = 0u; q < count; q++) {
        // At most once: a software adapter leaves a loop that no lane wants, but runs an `if` with its lanes masked off.
        for (var row = select(1u, 0u, has[q]); row < 1; row++) {
          let at = (first + q) * stride + begin;
          let projected = at * 3 * units + unit;
          let state = vec4(before[0][q], before[1][q], before[2][q], before[3][q]);
          let s = vec4(sums[8][q], sums[9][q], sums[10][q], sums[11][q]);
          let r = sigmoid(vec4(sums[0][q], sums[1][q], sums[2][q], sums[3][q]) + gates[projected]);
          let z = sigmoid(vec4(sums[4][q], sums[5][q], sums[6][q], sums[7][q]) + gates[projected + units]);
          let n = tanh(clamp(r * s + gates[projected + 2 * units], vec4(-20.0), vec4(20.0)));
          out[at * units + unit] = select(state, n + z * (state - n), t < length[q]);
          for (var once = 0u; once < uniforms.save; once++) {
            let kept = at * 4 * units + unit;
            previous[at * units + unit] = state;
            saved[kept] = r;
            saved[kept + units] = z;
            saved[kept + 2 * units] = n;
            saved[kept + 3 * units] = s;
          }
        }
      }
    }
    let at = (rows * stride + begin) * units;
    for (var k = 0u; k < select(0, units, t < longest); k++) {
      let state = transpose(mat4x4(out[at.x + k], out[at.y + k], out[at.z + k], out[at.w + k]));
      let before = h[k / LANES][k % LANES];
      h[k / LANES][k % LANES] = array(
        select(before[0], state[0], has),
        select(before[1], state[1], has),
        select(before[2], state[2], has),
        select(before[3], state[3], has),
      );
    }
    // Past the longest row every state is held.
    for (var k = 0u; k < select(units, 0, t < longest); k++) {
      let held = h[k / LANES][k % LANES];
      for (var q = 0u; q < count; q++) {
        let to = ((first + q) * stride + begin) * units + k;
        let state = vec4(held[0][q], held[1][q], held[2][q], held[3][q]);
        out[to] = state;
        for (var once = 0u; once < uniforms.save; once++) {
          previous[to] = state;
        }
      }
    }
  }
  // What is left over behind the last of packed rows.
  let begin = select(uniforms.rows, taken() + first / 4, packed && count > 0);
  for (var row = begin; row < uniforms.rows; row += (uniforms.batch + 3) / 4) {
    for (var k = 0u; k < units; k++) {
      out[row * units + k] = vec4(0.0);
      for (var once = 0u; once < uniforms.save; once++) {
        previous[row * units + k] = vec4(0.0);
      }
    }
  }
}
