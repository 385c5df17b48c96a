// c = epilogue(op(a) · op(b)) for software adapters, where the lanes of a subgroup are the elements of a CPU's vector register
// and a workgroup is one subgroup. There a load costs one scalar access per lane however the addresses lie, and a shuffle
// costs next to nothing, so that every element of `a` is loaded by one lane and reaches the others by shuffles.
// A workgroup makes 4·LANES columns, four neighbours to a lane, of its share of the rows. For each chunk of the summed dimension
// it keeps op(b) in private memory (CHUNK vectors of LANES × 4: 8 KiB, which is what stays in the first-level cache), walks
// over its rows LANES at a time, one to a lane, and multiplies row after row. Partial sums between chunks lie in `c`, in the
// order of the chunks.
// Indices into private memory must be constants where it is read, or the loads become gathers: hence the written-out
// `step`s. The loops that fill it must not be unrolled (seconds of compilation): hence bounds that no compiler can see.
// Prelude: LANES (subgroup size), STEPS (fours in a chunk: 4, 8 or 16), WHOLE (one chunk is all), TRANSPOSE_A, TRANSPOSE_B,
// ACCUMULATE, BIAS, RELU, RESIDUAL, RECTIFY, ROW_SUMS (bool). RELU and RECTIFY exclude ACCUMULATE.
enable subgroups;

struct Uniforms {
  m: u32,
  // A multiple of 4.
  n: u32,
  k: u32,
}

const CHUNK: u32 = 4u * STEPS;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

// op(a)[this lane's row, 4i .. 4i + 3 of the chunk].
var<private> left: array<vec4<f32>, STEPS>;
// op(b)[p of the chunk, this lane's four columns].
var<private> right: array<vec4<f32>, CHUNK>;
var<private> sum: vec4<f32>;

fn step(i: u32, row: u32) {
  let x = subgroupShuffle(left[i], row);
  sum += x.x * right[4u * i];
  sum += x.y * right[4u * i + 1u];
  sum += x.z * right[4u * i + 2u];
  sum += x.w * right[4u * i + 3u];
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let m = uniforms.m;
  let n = uniforms.n;
  let k = uniforms.k;
  let blocks = (m + LANES - 1u) / LANES;
  let share = (blocks + groups.y - 1u) / groups.y * LANES;
  let firstRow = group.y * share;
  let endRow = min(firstRow + share, m);
  let column = (group.x * LANES + lane) * 4u;
  let stepA = select(1u, m, TRANSPOSE_A);
  let stepB = select(n, 1u, TRANSPOSE_B);
  let nextColumn = select(1u, k, TRANSPOSE_B);
  let inside = column < n;
  var offset = vec4(0.0);
  if (BIAS) {
    offset = bias[column / 4u];
  }
  for (var start = 0u; start < k; start += CHUNK) {
    let size = select(CHUNK, k - start, start + CHUNK > k);
    let first = WHOLE || start == 0u;
    let last = WHOLE || start + CHUNK >= k;
    for (var p = 0u; p < size; p++) {
      let i = column * nextColumn + (start + p) * stepB;
      right[p] = vec4(b[i], b[i + nextColumn], b[i + 2u * nextColumn], b[i + 3u * nextColumn]);
    }
    // Zeros past the end of the summed dimension, where `left` holds zeros or what an earlier chunk left there.
    for (var p = size; p < CHUNK; p++) {
      right[p] = vec4(0.0);
    }
    let steps = (size + 3u) / 4u;
    for (var top = firstRow; top < endRow; top += LANES) {
      var i = select((top + lane) * k, top + lane, TRANSPOSE_A) + start * stepA;
      var ofRow = vec4(0.0);
      for (var s = 0u; s < steps; s++) {
        let value = vec4(a[i], a[i + stepA], a[i + 2u * stepA], a[i + 3u * stepA]);
        let four = select(vec4(0.0), value, 4u * s + vec4(0u, 1u, 2u, 3u) < vec4(size));
        left[s] = four;
        if (ROW_SUMS) {
          ofRow += four;
        }
        i += 4u * stepA;
      }
      if (ROW_SUMS && group.x == 0u && top + lane < endRow) {
        sums[top + lane] += ofRow.x + ofRow.y + ofRow.z + ofRow.w;
      }
      let rows = min(LANES, endRow - top);
      for (var row = 0u; row < rows; row++) {
        sum = vec4(0.0);
        step(0u, row);
        step(1u, row);
        step(2u, row);
        step(3u, row);
        if (STEPS > 4u) {
          step(4u, row);
          step(5u, row);
          step(6u, row);
          step(7u, row);
        }
        if (STEPS > 8u) {
          step(8u, row);
          step(9u, row);
          step(10u, row);
          step(11u, row);
          step(12u, row);
          step(13u, row);
          step(14u, row);
          step(15u, row);
        }
        if (inside) {
          let o = ((top + row) * n + column) / 4u;
          if (ACCUMULATE || !first) {
            sum += c[o];
          }
          if (last) {
            sum += offset;
            if (RELU) {
              sum = max(sum, vec4(0.0));
            }
            if (RESIDUAL) {
              sum += residual[o];
            }
            if (RECTIFY) {
              sum = select(vec4(0.0), sum, residual[o] > vec4(0.0));
            }
          }
          c[o] = sum;
        }
      }
    }
  }
}
