// The gradient of the whole GRU recurrence for GPUs, laid out as forward-workgroup.wgsl: an invocation carries dh of one unit of one row, and
// what the gates' gradients of a step are goes round the row through workgroup memory. The mathematics is that of backward.wgsl.
// Prelude: HIDDEN (state width), UNITS (invocations of a row, at least HIDDEN), ROWS, SHARED (bool: weights in workgroup memory).
// rows: steps in all where sequences are packed, those left over included; else 0.
import fragments::launch;

const WORKGROUP = UNITS * ROWS;
const SQUARE = HIDDEN * HIDDEN;

// (da_r, da_z, da_n r) of every unit, two steps in turn.
var<workgroup> gradients: array<vec3<f32>, 2u * ROWS * HIDDEN>;
var<workgroup> weights: array<f32, select(1u, 3u * SQUARE, SHARED)>;

/** W_gate[unit, k] */
fn weight(gate: u32, unit: u32, k: u32) -> f32 {
  let at = gate * SQUARE + unit * HIDDEN + k;
  if (SHARED) {
    return weights[at];
  }
  return whh[at];
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
  let unit = min(own, hidden - 1u);
  if (SHARED) {
    for (var i = lane; i < 3u * hidden * hidden; i += WORKGROUP) {
      weights[i] = whh[i];
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
  var dh = 0.0;
  for (var step = 0u; step < steps; step++) {
    let t = select(steps - 1u - step, step, uniforms.reverse == 1u);
    let buffer = (step % 2u) * ROWS * HIDDEN + place * HIDDEN;
    var toGates = vec3<f32>();
    if (takesPart && (t < length || !packed)) {
      let at = row * stride + select(t, lengths[uniforms.batch + t], packed);
      dh += dy[at * hidden + unit];
      var candidate = 0.0;
      if (t < length) {
        let kept = at * 4u * hidden + unit;
        let r = saved[kept];
        let z = saved[kept + hidden];
        let n = saved[kept + 2u * hidden];
        candidate = dh * (1.0 - z) * (1.0 - n * n);
        toGates = vec3(
          candidate * saved[kept + 3u * hidden] * r * (1.0 - r),
          dh * (previous[at * hidden + unit] - n) * z * (1.0 - z),
          candidate * r,
        );
        dh *= z;
      }
      let goal = at * 3u * hidden + unit;
      dgates[goal] = toGates.x;
      dgates[goal + hidden] = toGates.y;
      dgates[goal + 2u * hidden] = candidate;
      dgatesHidden[goal] = toGates.x;
      dgatesHidden[goal + hidden] = toGates.y;
      dgatesHidden[goal + 2u * hidden] = toGates.z;
    }
    if (own < hidden) {
      gradients[buffer + own] = toGates;
    }
    workgroupBarrier();
    var sum = 0.0;
    for (var j = 0u; j < hidden; j++) {
      sum += dot(gradients[buffer + j], vec3(weight(0u, j, unit), weight(1u, j, unit), weight(2u, j, unit)));
    }
    dh += sum;
  }
  if (takesPart) {
    dh0[row * hidden + unit] = dh;
  }
  // What is left over behind the last of packed rows.
  let begin = select(uniforms.rows, taken() + row, packed && takesPart);
  for (var goal = begin; goal < uniforms.rows; goal += uniforms.batch) {
    for (var gate = 0u; gate < 3u; gate++) {
      dgates[(goal * 3u + gate) * hidden + unit] = 0.0;
      dgatesHidden[(goal * 3u + gate) * hidden + unit] = 0.0;
    }
  }
}
