// The gradient of the whole GRU recurrence in one dispatch, from the last step made to the first:
//   dn = dh (1 − z), dz = dh (h − n), da_n = dn (1 − n²), da_r = da_n s r (1 − r), da_z = dz z (1 − z)
//   dh_{before} = dh z + da_r W_r + da_z W_z + (da_n r) W_n,   with s = W_n h + b_n and h the state before the step
// `dgates` is (da_r, da_z, da_n), the gradient to the projected inputs; `dgatesHidden` is (da_r, da_z, da_n r), the gradient
// to W_hh h + b_hh, so that dW_hh = dgatesHiddenᵀ · previous and db_hh its column sum. Both are zero where the state is held.
// One invocation carries four batch rows (the components of a vec4) and makes TILE units of dh at a time.
// Prelude: WORKGROUP (invocations per workgroup), HIDDEN (state width), TILE (units at a time).

struct Uniforms {
  batch: u32,
  time: u32,
  hidden: u32,
  withLengths: u32,
  reverse: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> whh: array<f32>;
@group(0) @binding(2) var<storage, read> previous: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read_write> dgates: array<f32>;
@group(0) @binding(6) var<storage, read_write> dgatesHidden: array<f32>;
@group(0) @binding(7) var<storage, read_write> dh0: array<f32>;
@group(0) @binding(8) var<uniform> uniforms: Uniforms;

fn load(at: vec4<u32>) -> vec4<f32> {
  return vec4(saved[at.x], saved[at.y], saved[at.z], saved[at.w]);
}

fn store(at: vec4<u32>, projected: vec4<f32>, hidden: vec4<f32>, rows: u32) {
  dgates[at.x] = projected.x;
  dgatesHidden[at.x] = hidden.x;
  if (rows > 1) {
    dgates[at.y] = projected.y;
    dgatesHidden[at.y] = hidden.y;
  }
  if (rows > 2) {
    dgates[at.z] = projected.z;
    dgatesHidden[at.z] = hidden.z;
  }
  if (rows > 3) {
    dgates[at.w] = projected.w;
    dgatesHidden[at.w] = hidden.w;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = ((group.y * groups.x + group.x) * WORKGROUP + lane) * 4;
  if (first >= uniforms.batch) {
    return;
  }
  // Equal to HIDDEN. A bound the compiler knows would have it unroll loops of memory accesses, hundreds of times as much code.
  let hidden = uniforms.hidden;
  let count = min(uniforms.batch - first, 4);
  let rows = min(first + vec4(0u, 1u, 2u, 3u), vec4(uniforms.batch - 1));
  var length = vec4(uniforms.time);
  if (uniforms.withLengths == 1) {
    length = vec4(lengths[rows.x], lengths[rows.y], lengths[rows.z], lengths[rows.w]);
  }
  let longest = max(max(length.x, length.y), max(length.z, length.w));

  var dh: array<vec4<f32>, HIDDEN>;
  var dr: array<vec4<f32>, HIDDEN>;
  var dz: array<vec4<f32>, HIDDEN>;
  var dn: array<vec4<f32>, HIDDEN>;
  for (var step = 0u; step < uniforms.time; step++) {
    let t = select(uniforms.time - 1 - step, step, uniforms.reverse == 1);
    let at = (rows * uniforms.time + t) * HIDDEN;
    let live = vec4(t) < length;
    for (var k = 0u; k < hidden; k++) {
      let total = dh[k] + vec4(dy[at.x + k], dy[at.y + k], dy[at.z + k], dy[at.w + k]);
      var reset = vec4(0.0);
      var update = vec4(0.0);
      var candidate = vec4(0.0);
      var hidden = vec4(0.0);
      dh[k] = total;
      if (any(live)) {
        let r = load(at * 4 + k);
        let z = load(at * 4 + HIDDEN + k);
        let n = load(at * 4 + 2 * HIDDEN + k);
        let s = load(at * 4 + 3 * HIDDEN + k);
        let before = vec4(previous[at.x + k], previous[at.y + k], previous[at.z + k], previous[at.w + k]);
        candidate = select(vec4(0.0), total * (1 - z) * (1 - n * n), live);
        hidden = candidate * r;
        reset = select(vec4(0.0), candidate * s * r * (1 - r), live);
        update = select(vec4(0.0), total * (before - n) * z * (1 - z), live);
        dh[k] = select(total, total * z, live);
      }
      dr[k] = reset;
      dz[k] = update;
      dn[k] = hidden;
      store(at * 3 + k, reset, reset, count);
      store(at * 3 + HIDDEN + k, update, update, count);
      store(at * 3 + 2 * HIDDEN + k, candidate, hidden, count);
    }
    // A loop of no rounds costs a software adapter nothing; an `if` would run with its lanes masked off.
    for (var k = 0u; k < select(0, hidden, t < longest); k += TILE) {
      var sum: array<vec4<f32>, TILE>;
      var column: array<u32, TILE>;
      for (var i = 0u; i < TILE; i++) {
        column[i] = min(k + i, HIDDEN - 1);
        sum[i] = dh[column[i]];
      }
      for (var j = 0u; j < hidden; j++) {
        let row = j * HIDDEN;
        let reset = dr[j];
        let update = dz[j];
        let hidden = dn[j];
        for (var i = 0u; i < TILE; i++) {
          sum[i] += whh[row + column[i]] * reset;
          sum[i] += whh[row + HIDDEN * HIDDEN + column[i]] * update;
          sum[i] += whh[row + 2 * HIDDEN * HIDDEN + column[i]] * hidden;
        }
      }
      for (var i = 0u; i < TILE; i++) {
        dh[column[i]] = sum[i];
      }
    }
  }
  let at = rows * HIDDEN;
  for (var k = 0u; k < hidden; k++) {
    dh0[at.x + k] = dh[k].x;
    if (count > 1) { dh0[at.y + k] = dh[k].y; }
    if (count > 2) { dh0[at.z + k] = dh[k].z; }
    if (count > 3) { dh0[at.w + k] = dh[k].w; }
  }
}
