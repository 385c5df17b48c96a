// The gradient of the whole GRU recurrence in one dispatch, from the last step made to the first:
//   dn = dh (1 − z), dz = dh (h − n), da_n = dn (1 − n²), da_r = da_n s r (1 − r), da_z = dz z (1 − z)
//   dh_{before} = dh z + da_r W_r + da_z W_z + (da_n r) W_n,   with s = W_n h + b_n and h the state before the step
// `dgates` is (da_r, da_z, da_n), the gradient to the projected inputs; `dgatesHidden` is (da_r, da_z, da_n r), the gradient
// to W_hh h + b_hh, so that dW_hh = dgatesHiddenᵀ · previous and db_hh its column sum. Both are zero where the state is held, and in
// rows left over at the end of packed ones.
// One invocation carries four batch rows (the components of a vec4) and makes TILE units of dh at a time; loops are written as in
// forward.wgsl.
// Prelude: WORKGROUP (invocations per workgroup), CAPACITY (state width the private arrays have room for), TILE (units at a
// time).
// rows: steps in all where sequences are packed, those left over included; else 0.
import fragments::index;

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

  var dh: array<vec4<f32>, CAPACITY>;
  var dr: array<vec4<f32>, CAPACITY>;
  var dz: array<vec4<f32>, CAPACITY>;
  var ds: array<vec4<f32>, CAPACITY>;
  for (var step = 0u; step < steps; step++) {
    let t = select(steps - 1 - step, step, uniforms.reverse == 1);
    let begin = select(t, lengths[uniforms.batch + t], packed);
    for (var k = 0u; k < hidden; k++) {
      var total = dh[k];
      var reset = vec4(0.0);
      var update = vec4(0.0);
      var recurrent = vec4(0.0);
      for (var q = 0u; q < count; q++) {
        if (packed && t >= length[q]) {
          continue;
        }
        let at = (first + q) * stride + begin;
        let sum = total[q] + dy[at * hidden + k];
        total[q] = sum;
        var candidate = 0.0;
        // At most once: a software adapter leaves a loop that no lane wants, but runs an `if` with its lanes masked off.
        for (var once = select(1u, 0u, t < length[q]); once < 1; once++) {
          let kept = at * 4 * hidden + k;
          let r = saved[kept];
          let z = saved[kept + hidden];
          let n = saved[kept + two];
          candidate = sum * (1 - z) * (1 - n * n);
          reset[q] = candidate * saved[kept + three] * r * (1 - r);
          update[q] = sum * (previous[at * hidden + k] - n) * z * (1 - z);
          recurrent[q] = candidate * r;
          total[q] = sum * z;
        }
        let to = at * three + k;
        dgates[to] = reset[q];
        dgates[to + hidden] = update[q];
        dgates[to + two] = candidate;
        dgatesHidden[to] = reset[q];
        dgatesHidden[to + hidden] = update[q];
        dgatesHidden[to + two] = recurrent[q];
      }
      dh[k] = total;
      dr[k] = reset;
      dz[k] = update;
      ds[k] = recurrent;
    }
    for (var k = 0u; k < select(0, hidden, t < longest); k += TILE) {
      var sum = array<vec4<f32>, TILE>();
      for (var j = 0u; j < hidden; j++) {
        let reset = dr[j];
        let update = dz[j];
        let recurrent = ds[j];
        for (var i = 0u; i < TILE; i++) {
          let at = j * hidden + min(k + i, hidden - 1);
          sum[i] += whh[at] * reset + whh[at + hidden * hidden] * update + whh[at + two * hidden] * recurrent;
        }
      }
      for (var i = 0u; i < min(hidden - k, TILE); i++) {
        dh[k + i] += sum[i];
      }
    }
  }
  for (var k = 0u; k < hidden; k++) {
    let state = dh[k];
    for (var q = 0u; q < count; q++) {
      dh0[(first + q) * hidden + k] = state[q];
    }
  }
  // What is left over behind the last of packed rows.
  let begin = select(uniforms.rows, taken() + first / 4, packed);
  for (var row = begin; row < uniforms.rows; row += (uniforms.batch + 3) / 4) {
    for (var k = 0u; k < three; k++) {
      dgates[row * three + k] = 0.0;
      dgatesHidden[row * three + k] = 0.0;
    }
  }
}
