// c = epilogue(op(a) · op(b)) for software adapters, where the lanes of a subgroup are the elements of a CPU's vector register
// and a workgroup is one subgroup. There a load costs one scalar access per lane however the addresses lie, and a shuffle
// costs next to nothing, so that every element of `a` is loaded by one lane and reaches the others by shuffles.
// A workgroup makes 8·LANES columns, two times four neighbours to a lane, of its share of the rows. For each chunk of the summed
// dimension it keeps op(b) in private memory (2·CHUNK vectors of LANES × 4: 16 KiB, half of the first-level cache) and walks over its rows.
// Two sums to a lane are as many as its registers hold, and as few as do not wait for their own additions; three or two rows at a time were
// slower. Where columns are few it makes 4·LANES of them, two rows at a time. Partial sums between chunks lie in `c`, in the order of
// the chunks.
// Indices into private memory must be constants, or loads become gathers and stores scatters: hence the written-out `step`s.
// Only op(b), stored once for all rows, is stored with variable ones. The loops that fill it must not be unrolled (seconds of
// compilation): hence bounds that no compiler can see. The branch halfway keeps it from moving all shuffles to the front, where
// they do not fit its registers.
// Prelude: LANES (subgroup size), WIDE (bool: 8·LANES columns of a row, not 4·LANES of two), STEPS (fours in a chunk: 4, 8 or 16), WHOLE (one chunk is all), TRANSPOSE_A, TRANSPOSE_B,
// ALIGNED_A (a is stored [m, k] and k is a multiple of 4), ACCUMULATE, BIAS, RELU, RESIDUAL, RECTIFY, ROW_SUMS, NORM, BATCHED, EMPTY (bool: there is nothing to sum up).
// RELU and RECTIFY exclude ACCUMULATE; NORM asks for WHOLE and ALIGNED_A.
// n: A multiple of 4.
enable subgroups;
import fragments::{tiles, product};

const CHUNK: u32 = 4u * STEPS;
const ROWS: u32 = select(2u, 1u, WIDE);
const COLUMNS: u32 = select(4u, 8u, WIDE) * LANES;
// Fours of a row's chunk that a lane loads.
const PARTS: u32 = (STEPS + LANES - 1u) / LANES;

// op(a)[row, 4i .. 4i + 3 of the chunk], i = part · LANES + lane, of each row.
var<private> leftOne: array<vec4<f32>, PARTS>;
var<private> leftTwo: array<vec4<f32>, PARTS>;
// op(b)[p of the chunk, four columns of this lane's], of each four.
var<private> rightOne: array<vec4<f32>, CHUNK>;
var<private> rightTwo: array<vec4<f32>, select(1u, CHUNK, WIDE)>;
// c[row, four columns of this lane's], of the other row or the other four.
var<private> sumOne: vec4<f32>;
var<private> sumTwo: vec4<f32>;

// What a layer norm makes of this lane's numbers of a row, where it has one; zeros past its end stay so.
var<private> scale: array<vec4<f32>, PARTS>;
var<private> shift: array<vec4<f32>, PARTS>;

fn normalised(row: ptr<private, array<vec4<f32>, PARTS>>, lane: u32) {
  var total = vec4(0.0);
  for (var part = 0u; part < PARTS; part++) {
    total += (*row)[part];
  }
  let width = f32(uniforms.k);
  let mean = subgroupAdd(dot(total, vec4(1.0))) / width;
  var squares = 0.0;
  for (var part = 0u; part < PARTS; part++) {
    let inside = vec4(4u * (part * LANES + lane)) + vec4(0u, 1u, 2u, 3u) < vec4(uniforms.k);
    (*row)[part] = select(vec4(0.0), (*row)[part] - mean, inside);
    squares += dot((*row)[part], (*row)[part]);
  }
  let rstd = inverseSqrt(subgroupAdd(squares) / width + uniforms.eps);
  for (var part = 0u; part < PARTS; part++) {
    (*row)[part] = (*row)[part] * rstd * scale[part] + shift[part];
  }
}

// What the second sum is made of.
fn leftOfTwo(x: vec4<f32>, i: u32) -> vec4<f32> {
  if (WIDE) {
    return x;
  }
  return subgroupShuffle(leftTwo[i / LANES], i % LANES);
}
fn rightOfTwo(p: u32) -> vec4<f32> {
  if (WIDE) {
    return rightTwo[p];
  }
  return rightOne[p];
}

fn step(i: u32) {
  let x = subgroupShuffle(leftOne[i / LANES], i % LANES);
  let y = leftOfTwo(x, i);
  sumOne += x.x * rightOne[4u * i];
  sumTwo += y.x * rightOfTwo(4u * i);
  sumOne += x.y * rightOne[4u * i + 1u];
  sumTwo += y.y * rightOfTwo(4u * i + 1u);
  sumOne += x.z * rightOne[4u * i + 2u];
  sumTwo += y.z * rightOfTwo(4u * i + 2u);
  sumOne += x.w * rightOne[4u * i + 3u];
  sumTwo += y.w * rightOfTwo(4u * i + 3u);
}

// Four neighbours along the summed dimension, in op(a) `step` apart from the number i on. Four loads where one does not do.
fn fourOfA(i: u32, step: u32) -> vec4<f32> {
  if (ALIGNED_A) {
    return a[i / 4u];
  }
  let j = vec4(i) + step * vec4(0u, 1u, 2u, 3u);
  return vec4(a[j.x / 4u][j.x % 4u], a[j.y / 4u][j.y % 4u], a[j.z / 4u][j.z % 4u], a[j.w / 4u][j.w % 4u]);
}

// op(b)[p, four columns from `column` on].
fn fourOfB(begin: u32, p: u32, column: u32) -> vec4<f32> {
  if (!TRANSPOSE_B) {
    return b[(begin + p * uniforms.n + column) / 4u];
  }
  let j = begin + (column + vec4(0u, 1u, 2u, 3u)) * uniforms.k + p;
  return vec4(b[j.x / 4u][j.x % 4u], b[j.y / 4u][j.y % 4u], b[j.z / 4u][j.z % 4u], b[j.w / 4u][j.w % 4u]);
}

// Stores four columns of a row: the sum over this chunk, and with the last chunk what is done to the product.
fn store(o: u32, sum: vec4<f32>, offset: vec4<f32>, first: bool, last: bool) {
  var value = sum;
  if (ACCUMULATE || !first) {
    value += c[o];
  }
  if (last) {
    value = finished(value + offset, o);
  }
  c[o] = value;
}

@compute @workgroup_size(LANES)
fn main(launch: Launch, @builtin(subgroup_invocation_id) lane: u32) {
  let m = uniforms.m;
  let n = uniforms.n;
  let k = uniforms.k;
  let across = max(1u, (n + COLUMNS - 1u) / COLUMNS);
  let shares = max(1u, groupCount(launch) / (across * uniforms.batch));
  let tile = tileOf(launch, across, shares);
  let share = (m + shares - 1u) / shares;
  let firstRow = tile.row * share;
  // No rows past the last matrix: to return here would mask every store below.
  let endRow = select(firstRow, min(firstRow + share, m), tile.matrix < uniforms.batch);
  let column = tile.column * COLUMNS + lane * 4u;
  let columnTwo = select(column, column + 4u * LANES, WIDE);
  let stepA = select(1u, m, TRANSPOSE_A);
  let rowA = select(k, 1u, TRANSPOSE_A);
  let beginA = beginOfA(tile.matrix);
  let beginB = beginOfB(tile.matrix);
  let beginC = select(0u, tile.matrix * m * n, BATCHED);
  var offsetOne = vec4(0.0);
  var offsetTwo = vec4(0.0);
  if (BIAS) {
    offsetOne = bias[column / 4u];
    offsetTwo = bias[columnTwo / 4u];
  }
  if (NORM) {
    for (var part = 0u; part < PARTS; part++) {
      let i = part * LANES + lane;
      scale[part] = select(vec4(0.0), gamma[i], 4u * i < k);
      shift[part] = select(vec4(0.0), beta[i], 4u * i < k);
    }
  }
  for (var start = 0u; start < select(k, 1u, EMPTY); start += CHUNK) {
    let size = select(CHUNK, k - start, start + CHUNK > k);
    let first = WHOLE || start == 0u;
    let last = WHOLE || start + CHUNK >= k;
    for (var p = 0u; p < size; p++) {
      rightOne[p] = fourOfB(beginB, start + p, column);
      if (WIDE) {
        rightTwo[p] = fourOfB(beginB, start + p, columnTwo);
      }
    }
    // Zeros past the end of the summed dimension, as in op(a).
    for (var p = size; p < CHUNK; p++) {
      rightOne[p] = vec4(0.0);
      if (WIDE) {
        rightTwo[p] = vec4(0.0);
      }
    }
    for (var row = firstRow; row < endRow; row += ROWS) {
      let next = select(min(row + 1u, endRow - 1u), row, WIDE);
      for (var part = 0u; part < PARTS; part++) {
        let p = 4u * (part * LANES + lane);
        let inChunk = p + vec4(0u, 1u, 2u, 3u) < vec4(size);
        let i = beginA + (start + p) * stepA;
        leftOne[part] = select(vec4(0.0), fourOfA(row * rowA + i, stepA), inChunk);
        if (!WIDE) {
          leftTwo[part] = select(vec4(0.0), fourOfA(next * rowA + i, stepA), inChunk);
        }
      }
      if (NORM) {
        normalised(&leftOne, lane);
        if (!WIDE) {
          normalised(&leftTwo, lane);
        }
      }
      if (ROW_SUMS && tile.column == 0u) {
        var ofOne = leftOne[0];
        var ofTwo = leftTwo[0];
        for (var part = 1u; part < PARTS; part++) {
          ofOne += leftOne[part];
          if (!WIDE) {
            ofTwo += leftTwo[part];
          }
        }
        let pair = subgroupAdd(vec2(dot(ofOne, vec4(1.0)), dot(ofTwo, vec4(1.0))));
        if (lane == 0u) {
          sums[row] += pair.x;
          if (!WIDE && row + 1u < endRow) {
            sums[row + 1u] += pair.y;
          }
        }
      }
      sumOne = vec4(0.0);
      sumTwo = vec4(0.0);
      step(0u);
      step(1u);
      step(2u);
      step(3u);
      if (STEPS > 4u) {
        step(4u);
        step(5u);
        step(6u);
        step(7u);
      }
      if (STEPS > 8u && size > 32u) {
        step(8u);
        step(9u);
        step(10u);
        step(11u);
        step(12u);
        step(13u);
        step(14u);
        step(15u);
      }
      if (column < n) {
        store((beginC + row * n + column) / 4u, sumOne, offsetOne, first, last);
      }
      if (columnTwo < n && (WIDE || row + 1u < endRow)) {
        store((beginC + next * n + columnTwo) / 4u, sumTwo, offsetTwo, first, last);
      }
    }
  }
}
