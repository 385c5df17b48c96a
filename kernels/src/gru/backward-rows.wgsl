// The gradient of backward.wgsl for software adapters whose subgroups have 8 lanes or more, and widths that are multiples of 4; see
// forward-rows.wgsl for how weights are shared and why loops are written as they are. Here a lane reads four weights of a column,
// which costs it no more than four neighbours.
// Prelude: CHUNKS (32 units each: the state width the private arrays have room for).
// rows: steps in all where sequences are packed, those left over included; else 0.
enable subgroups;
import fragments::launch;

const LANES: u32 = 8;

/** A vec4 of four rows for each unit. */
alias State = array<array<array<vec4<f32>, 4>, LANES>, CHUNKS>;

/** Four weights times four units' gradients, each of four rows. */
fn four(w: vec4<f32>, da: array<vec4<f32>, 4>) -> vec4<f32> {
  return (w.x * da[0] + w.y * da[1]) + (w.z * da[2] + w.w * da[3]);
}

/** dh += da W for the weights of one gate. */
fn through(gate: u32, lane: u32, da: ptr<function, State>, dh: ptr<function, State>) {
  let width = uniforms.hidden;
  for (var k = 0u; k < width; k++) {
    var weight: array<vec4<f32>, CHUNKS>;
    for (var m = 0u; m < CHUNKS; m++) {
      // Lanes past the column's end read its last weights, which meet the zeros that `da` holds there.
      let at = (gate * width + min((m * LANES + lane) * 4, width - 4)) * width + k;
      weight[m] = vec4(whh[at], whh[at + width], whh[at + 2 * width], whh[at + 3 * width]);
    }
    var sum = vec4(0.0);
    for (var m = 0u; m < CHUNKS; m++) {
      let w = weight[m];
      sum += four(subgroupBroadcast(w, 0), (*da)[m][0]);
      sum += four(subgroupBroadcast(w, 1), (*da)[m][1]);
      sum += four(subgroupBroadcast(w, 2), (*da)[m][2]);
      sum += four(subgroupBroadcast(w, 3), (*da)[m][3]);
      sum += four(subgroupBroadcast(w, 4), (*da)[m][4]);
      sum += four(subgroupBroadcast(w, 5), (*da)[m][5]);
      sum += four(subgroupBroadcast(w, 6), (*da)[m][6]);
      sum += four(subgroupBroadcast(w, 7), (*da)[m][7]);
    }
    (*dh)[k / 4 / LANES][k / 4 % LANES][k % 4] += sum;
  }
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
  let width = uniforms.hidden;
  let units = width / 4;
  // 4, but not to the compiler.
  let quad = width / units;

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

  var dh: State;
  var reset: State;
  var update: State;
  var recurrent: State;
  for (var step = 0u; step < steps; step++) {
    let t = select(steps - 1 - step, step, uniforms.reverse == 1);
    let begin = select(t, lengths[uniforms.batch + t], packed);
    // Packed, there are no steps past a row's length.
    let has = vec4(!packed) | (vec4(t) < length);
    for (var unit = 0u; unit < units; unit++) {
      // Row by row: a vec4 is four units of one row, as memory has them.
      var straight: array<vec4<f32>, 4>;
      var dr: array<vec4<f32>, 4>;
      var dz: array<vec4<f32>, 4>;
      var ds: array<vec4<f32>, 4>;
      let carried = dh[unit / LANES][unit % LANES];
      for (var q = 0u; q < count; q++) {
        let at = (first + q) * stride + begin;
        let total = vec4(carried[0][q], carried[1][q], carried[2][q], carried[3][q]) + select(vec4(0.0), dy[at * units + unit], has[q]);
        straight[q] = total;
        var dar = vec4(0.0);
        var daz = vec4(0.0);
        var dan = vec4(0.0);
        var das = vec4(0.0);
        // At most once: a software adapter leaves a loop that no lane wants, but runs an `if` with its lanes masked off.
        for (var once = select(1u, 0u, t < length[q]); once < 1; once++) {
          let kept = at * 4 * units + unit;
          let r = saved[kept];
          let z = saved[kept + units];
          let n = saved[kept + 2 * units];
          dan = total * (1 - z) * (1 - n * n);
          daz = total * (previous[at * units + unit] - n) * z * (1 - z);
          dar = dan * saved[kept + 3 * units] * r * (1 - r);
          das = dan * r;
          straight[q] = total * z;
        }
        dr[q] = dar;
        dz[q] = daz;
        ds[q] = das;
        for (var once = select(1u, 0u, has[q]); once < 1; once++) {
          let to = at * 3 * units + unit;
          dgates[to] = dar;
          dgates[to + units] = daz;
          dgates[to + 2 * units] = dan;
          dgatesHidden[to] = dar;
          dgatesHidden[to + units] = daz;
          dgatesHidden[to + 2 * units] = das;
        }
      }
      for (var i = 0u; i < quad; i++) {
        dh[unit / LANES][unit % LANES][i] = vec4(straight[0][i], straight[1][i], straight[2][i], straight[3][i]);
        reset[unit / LANES][unit % LANES][i] = vec4(dr[0][i], dr[1][i], dr[2][i], dr[3][i]);
        update[unit / LANES][unit % LANES][i] = vec4(dz[0][i], dz[1][i], dz[2][i], dz[3][i]);
        recurrent[unit / LANES][unit % LANES][i] = vec4(ds[0][i], ds[1][i], ds[2][i], ds[3][i]);
      }
    }
    if (t < longest) {
      through(0, lane, &reset, &dh);
      through(1, lane, &update, &dh);
      through(2, lane, &recurrent, &dh);
    }
  }
  for (var k = 0u; k < units; k++) {
    let state = dh[k / LANES][k % LANES];
    for (var q = 0u; q < count; q++) {
      dh0[(first + q) * units + k] = vec4(state[0][q], state[1][q], state[2][q], state[3][q]);
    }
  }
  // What is left over behind the last of packed rows.
  let begin = select(uniforms.rows, taken() + first / 4, packed && count > 0);
  for (var row = begin; row < uniforms.rows; row += (uniforms.batch + 3) / 4) {
    for (var k = 0u; k < 3 * units; k++) {
      dgates[row * 3 * units + k] = vec4(0.0);
      dgatesHidden[row * 3 * units + k] = vec4(0.0);
    }
  }
}
