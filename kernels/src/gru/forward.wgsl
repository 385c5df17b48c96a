// A whole GRU recurrence over already projected inputs in one dispatch, torch's gate order r, z, n:
//   r = σ(gates_r + W_r h + b_r), z = σ(gates_z + W_z h + b_z), n = tanh(gates_n + r ∘ (W_n h + b_n)), h' = (1 − z) ∘ n + z ∘ h
// One invocation carries four batch rows, the components of a vec4, so that a weight read serves four rows in every SIMD
// lane, and makes TILE units at a time, so that a state read serves three gates of each. Steps at and past a row's length
// hold its state.
// Prelude: WORKGROUP (invocations per workgroup), HIDDEN (state width), TILE (units at a time).

struct Uniforms {
  batch: u32,
  time: u32,
  hidden: u32,
  withLengths: u32,
  reverse: u32,
  initial: u32,
  save: u32,
}

@group(0) @binding(0) var<storage, read> gates: array<f32>;
@group(0) @binding(1) var<storage, read> whh: array<f32>;
@group(0) @binding(2) var<storage, read> bhh: array<f32>;
@group(0) @binding(3) var<storage, read> h0: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(0) @binding(6) var<storage, read_write> previous: array<f32>;
@group(0) @binding(7) var<storage, read_write> saved: array<f32>;
@group(0) @binding(8) var<uniform> uniforms: Uniforms;

fn sigmoid(x: vec4<f32>) -> vec4<f32> {
  return 1.0 / (1.0 + exp(-clamp(x, vec4(-80.0), vec4(80.0))));
}

fn tangent(x: vec4<f32>) -> vec4<f32> {
  return tanh(clamp(x, vec4(-20.0), vec4(20.0)));
}

fn gate(at: vec4<u32>) -> vec4<f32> {
  return vec4(gates[at.x], gates[at.y], gates[at.z], gates[at.w]);
}

fn save(at: vec4<u32>, value: vec4<f32>, rows: u32) {
  saved[at.x] = value.x;
  if (rows > 1) { saved[at.y] = value.y; }
  if (rows > 2) { saved[at.z] = value.z; }
  if (rows > 3) { saved[at.w] = value.w; }
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

  var h: array<vec4<f32>, HIDDEN>;
  var next: array<vec4<f32>, HIDDEN>;
  if (uniforms.initial == 1) {
    let at = rows * HIDDEN;
    for (var k = 0u; k < hidden; k++) {
      h[k] = vec4(h0[at.x + k], h0[at.y + k], h0[at.z + k], h0[at.w + k]);
      next[k] = h[k];
    }
  }

  for (var step = 0u; step < uniforms.time; step++) {
    let t = select(step, uniforms.time - 1 - step, uniforms.reverse == 1);
    let at = (rows * uniforms.time + t) * HIDDEN;
    let live = vec4(t) < length;
    // A loop of no rounds costs a software adapter nothing; an `if` would run with its lanes masked off.
    for (var j = 0u; j < select(0, hidden, t < longest); j += TILE) {
      var r: array<vec4<f32>, TILE>;
      var z: array<vec4<f32>, TILE>;
      var n: array<vec4<f32>, TILE>;
      var row: array<u32, TILE>;
      for (var i = 0u; i < TILE; i++) {
        let unit = min(j + i, HIDDEN - 1);
        row[i] = unit * HIDDEN;
        r[i] = vec4(bhh[unit]);
        z[i] = vec4(bhh[HIDDEN + unit]);
        n[i] = vec4(bhh[2 * HIDDEN + unit]);
      }
      for (var k = 0u; k < hidden; k++) {
        let state = h[k];
        for (var i = 0u; i < TILE; i++) {
          r[i] += whh[row[i] + k] * state;
          z[i] += whh[row[i] + HIDDEN * HIDDEN + k] * state;
          n[i] += whh[row[i] + 2 * HIDDEN * HIDDEN + k] * state;
        }
      }
      for (var i = 0u; i < TILE; i++) {
        let unit = j + i;
        if (unit < HIDDEN) {
          let reset = sigmoid(r[i] + gate(at * 3 + unit));
          let update = sigmoid(z[i] + gate(at * 3 + HIDDEN + unit));
          let candidate = tangent(reset * n[i] + gate(at * 3 + 2 * HIDDEN + unit));
          next[unit] = select(h[unit], candidate + update * (h[unit] - candidate), live);
          if (uniforms.save == 1) {
            save(at * 4 + unit, reset, count);
            save(at * 4 + HIDDEN + unit, update, count);
            save(at * 4 + 2 * HIDDEN + unit, candidate, count);
            save(at * 4 + 3 * HIDDEN + unit, n[i], count);
          }
        }
      }
    }
    for (var k = 0u; k < hidden; k++) {
      let before = h[k];
      let after = next[k];
      h[k] = after;
      out[at.x + k] = after.x;
      if (count > 1) { out[at.y + k] = after.y; }
      if (count > 2) { out[at.z + k] = after.z; }
      if (count > 3) { out[at.w + k] = after.w; }
      if (uniforms.save == 1) {
        previous[at.x + k] = before.x;
        if (count > 1) { previous[at.y + k] = before.y; }
        if (count > 2) { previous[at.z + k] = before.z; }
        if (count > 3) { previous[at.w + k] = before.w; }
      }
    }
  }
}
