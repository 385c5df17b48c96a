// The gradient of backward.wgsl for adapters whose subgroups have 8 lanes or more, and widths that are multiples of 4; see
// forward-subgroups.wgsl for how weights are shared and why loops are written as they are. Each unit's gate gradients are spread over
// the whole state as they are made (dh += W_j da_j), which reads W row by row, as it lies.
// Prelude: CHUNKS (32 units each: the state width the private arrays have room for).
enable subgroups;

struct Uniforms {
  batch: u32,
  time: u32,
  hidden: u32,
  withLengths: u32,
  reverse: u32,
}

const LANES: u32 = 8;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> whh: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> previous: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> saved: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read_write> dgates: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> dgatesHidden: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> dh0: array<vec4<f32>>;
@group(0) @binding(8) var<uniform> uniforms: Uniforms;

alias Weights = array<vec4<f32>, 3>;
alias Units = array<vec4<f32>, 4>;

/** Adds one unit's gate gradients, of four rows, to the gradients of the four states that lane's weights belong to. */
fn spread(w: Weights, reset: vec4<f32>, update: vec4<f32>, hidden: vec4<f32>, to: Units) -> Units {
  return Units(
    to[0] + (w[0].x * reset + w[1].x * update) + w[2].x * hidden,
    to[1] + (w[0].y * reset + w[1].y * update) + w[2].y * hidden,
    to[2] + (w[0].z * reset + w[1].z * update) + w[2].z * hidden,
    to[3] + (w[0].w * reset + w[1].w * update) + w[2].w * hidden,
  );
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let groupFirst = (group.y * groups.x + group.x) * LANES * 4;
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

  // Gradient to the state before the step, being summed, and to the state after it.
  var before: array<array<Units, LANES>, CHUNKS>;
  var after: array<array<Units, LANES>, CHUNKS>;
  for (var step = 0u; step < uniforms.time; step++) {
    let t = select(uniforms.time - 1 - step, step, uniforms.reverse == 1);
    after = before;
    for (var m = 0u; m < CHUNKS; m++) {
      for (var l = 0u; l < LANES; l++) {
        before[m][l] = Units();
      }
    }
    for (var unit = 0u; unit < units; unit++) {
      // Row by row: a vec4 is four units of one row, as memory has them.
      var reset: array<vec4<f32>, 4>;
      var update: array<vec4<f32>, 4>;
      var recurrent: array<vec4<f32>, 4>;
      var straight: array<vec4<f32>, 4>;
      let carried = after[unit / LANES][unit % LANES];
      for (var q = 0u; q < count; q++) {
        let at = (first + q) * uniforms.time + t;
        let total = dy[at * units + unit] + vec4(carried[0][q], carried[1][q], carried[2][q], carried[3][q]);
        straight[q] = total;
        var dr = vec4(0.0);
        var dz = vec4(0.0);
        var dn = vec4(0.0);
        var ds = vec4(0.0);
        // At most once: a software adapter leaves a loop that no lane wants, but runs an `if` with its lanes masked off.
        for (var once = select(1u, 0u, t < length[q]); once < 1; once++) {
          let kept = at * 4 * units + unit;
          let r = saved[kept];
          let z = saved[kept + units];
          let n = saved[kept + 2 * units];
          dn = total * (1 - z) * (1 - n * n);
          dz = total * (previous[at * units + unit] - n) * z * (1 - z);
          dr = dn * saved[kept + 3 * units] * r * (1 - r);
          ds = dn * r;
          straight[q] = total * z;
        }
        reset[q] = dr;
        update[q] = dz;
        recurrent[q] = ds;
        let to = at * 3 * units + unit;
        dgates[to] = dr;
        dgates[to + units] = dz;
        dgates[to + 2 * units] = dn;
        dgatesHidden[to] = dr;
        dgatesHidden[to + units] = dz;
        dgatesHidden[to + 2 * units] = ds;
      }
      for (var i = 0u; i < quad; i++) {
        before[unit / LANES][unit % LANES][i] += vec4(straight[0][i], straight[1][i], straight[2][i], straight[3][i]);
      }
      for (var i = 0u; i < select(0, quad, t < longest); i++) {
        let dr = vec4(reset[0][i], reset[1][i], reset[2][i], reset[3][i]);
        let dz = vec4(update[0][i], update[1][i], update[2][i], update[3][i]);
        let ds = vec4(recurrent[0][i], recurrent[1][i], recurrent[2][i], recurrent[3][i]);
        var weight: array<Weights, CHUNKS>;
        for (var m = 0u; m < CHUNKS; m++) {
          let at = (unit * 4 + i) * units + min(m * LANES + lane, units - 1);
          weight[m] = Weights(whh[at], whh[at + hidden * units], whh[at + 2 * hidden * units]);
        }
        for (var m = 0u; m < CHUNKS; m++) {
          let wr = weight[m][0];
          let wz = weight[m][1];
          let wn = weight[m][2];
          before[m][0] = spread(Weights(subgroupBroadcast(wr, 0), subgroupBroadcast(wz, 0), subgroupBroadcast(wn, 0)), dr, dz, ds, before[m][0]);
          before[m][1] = spread(Weights(subgroupBroadcast(wr, 1), subgroupBroadcast(wz, 1), subgroupBroadcast(wn, 1)), dr, dz, ds, before[m][1]);
          before[m][2] = spread(Weights(subgroupBroadcast(wr, 2), subgroupBroadcast(wz, 2), subgroupBroadcast(wn, 2)), dr, dz, ds, before[m][2]);
          before[m][3] = spread(Weights(subgroupBroadcast(wr, 3), subgroupBroadcast(wz, 3), subgroupBroadcast(wn, 3)), dr, dz, ds, before[m][3]);
          before[m][4] = spread(Weights(subgroupBroadcast(wr, 4), subgroupBroadcast(wz, 4), subgroupBroadcast(wn, 4)), dr, dz, ds, before[m][4]);
          before[m][5] = spread(Weights(subgroupBroadcast(wr, 5), subgroupBroadcast(wz, 5), subgroupBroadcast(wn, 5)), dr, dz, ds, before[m][5]);
          before[m][6] = spread(Weights(subgroupBroadcast(wr, 6), subgroupBroadcast(wz, 6), subgroupBroadcast(wn, 6)), dr, dz, ds, before[m][6]);
          before[m][7] = spread(Weights(subgroupBroadcast(wr, 7), subgroupBroadcast(wz, 7), subgroupBroadcast(wn, 7)), dr, dz, ds, before[m][7]);
        }
      }
    }
  }
  for (var k = 0u; k < units; k++) {
    let state = before[k / LANES][k % LANES];
    for (var q = 0u; q < count; q++) {
      dh0[(first + q) * units + k] = vec4(state[0][q], state[1][q], state[2][q], state[3][q]);
    }
  }
}
