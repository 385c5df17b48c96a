// c = epilogue(op(a) · op(b)) for GPUs: a workgroup makes a tile of c out of tiles of a and b in workgroup memory, two of each, so
// that the next ones are fetched while these are used, with one barrier a step. An invocation makes ROWS × COLUMNS of it, and fetches
// one vec4 of a and one of b a step.
// Tiles keep the order of the matrices: a[m, k] as [row][k in fours], a transposed as [k][rows in fours], and b likewise. Where fours
// run along k, the place of each is mixed with its row, so that neighbours read other banks.
// Prelude: Element (f32, or f16 for a and b in half precision; sums are f32 always), TILE_M, TILE_N, TILE_K, ROWS, COLUMNS, TRANSPOSE_A, TRANSPOSE_B (not both), ACCUMULATE, BIAS, RELU, RESIDUAL, RECTIFY, ROW_SUMS, BATCHED (bool). k in fours divides by 4 where it is contiguous, and so do m and n.
import fragments::{tiles, productElement};

const WIDE = TILE_N / COLUMNS;
const HIGH = TILE_M / ROWS;
const WORKGROUP = WIDE * HIGH;
const FOURS = TILE_K / 4u;
const SIZE_A = TILE_M * FOURS;
const SIZE_B = TILE_N * FOURS;

var<workgroup> tilesA: array<vec4<Element>, 2u * SIZE_A>;
var<workgroup> tilesB: array<vec4<Element>, 2u * SIZE_B>;

/** Where the `four`-th four along k of a row lies. */
fn mixed(row: u32, four: u32) -> u32 {
  return row * FOURS + (four ^ ((row / (8u / FOURS)) % FOURS));
}

/** The invocation's r-th row of the tile: fours of neighbours, HIGH invocations apart. */
fn rowOf(y: u32, r: u32) -> u32 {
  return 4u * (y + HIGH * (r / 4u)) + r % 4u;
}

/** Its i-th column: likewise, but single columns where b is read along k. */
fn columnOf(x: u32, i: u32) -> u32 {
  return select(4u * (x + WIDE * (i / 4u)) + i % 4u, x + WIDE * i, TRANSPOSE_B);
}

fn fetchA(begin: u32, row: u32, k: u32, end: u32, lane: u32) -> vec4<Element> {
  if (TRANSPOSE_A) {
    let first = k + lane / (TILE_M / 4u);
    let at = row + 4u * (lane % (TILE_M / 4u));
    if (first < end && at < uniforms.m) {
      return a[(begin + first * uniforms.m + at) / 4u];
    }
    return vec4<Element>();
  }
  let first = k + 4u * (lane % FOURS);
  let at = row + lane / FOURS;
  if (first < end && at < uniforms.m) {
    return a[(begin + at * uniforms.k + first) / 4u];
  }
  return vec4<Element>();
}

fn fetchB(begin: u32, column: u32, k: u32, end: u32, lane: u32) -> vec4<Element> {
  if (TRANSPOSE_B) {
    let first = k + 4u * (lane % FOURS);
    let at = column + lane / FOURS;
    if (first < end && at < uniforms.n) {
      return b[(begin + at * uniforms.k + first) / 4u];
    }
    return vec4<Element>();
  }
  let first = k + lane / (TILE_N / 4u);
  let at = column + 4u * (lane % (TILE_N / 4u));
  if (first < end && at < uniforms.n) {
    return b[(begin + first * uniforms.n + at) / 4u];
  }
  return vec4<Element>();
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let x = lane % WIDE;
  let y = lane / WIDE;
  let tile = tileOf(launch, max(1u, (uniforms.n + TILE_N - 1u) / TILE_N), max(1u, (uniforms.m + TILE_M - 1u) / TILE_M));
  if (tile.matrix >= uniforms.batch) {
    return;
  }
  let row = tile.row * TILE_M;
  let column = tile.column * TILE_N;
  let beginA = beginOfA(tile.matrix);
  let beginB = beginOfB(tile.matrix);
  let end = uniforms.k;
  let placeA = select(mixed(lane / FOURS, lane % FOURS), lane, TRANSPOSE_A);
  let placeB = select(lane, mixed(lane / FOURS, lane % FOURS), TRANSPOSE_B);
  var products: array<f32, ROWS * COLUMNS>;
  var ofRows: array<f32, ROWS>;
  var nextA = fetchA(beginA, row, 0u, end, lane);
  var nextB = fetchB(beginB, column, 0u, end, lane);
  var buffer = 0u;
  for (var k = 0u; k < end; k += TILE_K) {
    let tileA = buffer * SIZE_A;
    let tileB = buffer * SIZE_B;
    tilesA[tileA + placeA] = nextA;
    tilesB[tileB + placeB] = nextB;
    workgroupBarrier();
    nextA = fetchA(beginA, row, k + TILE_K, end, lane);
    nextB = fetchB(beginB, column, k + TILE_K, end, lane);
    for (var four = 0u; four < FOURS; four++) {
      // [k][row] and [k][column], four of k.
      var left: array<f32, 4u * ROWS>;
      var right: array<f32, 4u * COLUMNS>;
      if (TRANSPOSE_A) {
        for (var p = 0u; p < 4u; p++) {
          for (var r = 0u; r < ROWS; r += 4u) {
            let value = vec4<f32>(tilesA[tileA + (4u * four + p) * (TILE_M / 4u) + rowOf(y, r) / 4u]);
            left[p * ROWS + r] = value.x;
            left[p * ROWS + r + 1u] = value.y;
            left[p * ROWS + r + 2u] = value.z;
            left[p * ROWS + r + 3u] = value.w;
          }
        }
      } else {
        for (var r = 0u; r < ROWS; r++) {
          let value = vec4<f32>(tilesA[tileA + mixed(rowOf(y, r), four)]);
          left[r] = value.x;
          left[ROWS + r] = value.y;
          left[2u * ROWS + r] = value.z;
          left[3u * ROWS + r] = value.w;
        }
      }
      if (TRANSPOSE_B) {
        for (var i = 0u; i < COLUMNS; i++) {
          let value = vec4<f32>(tilesB[tileB + mixed(columnOf(x, i), four)]);
          right[i] = value.x;
          right[COLUMNS + i] = value.y;
          right[2u * COLUMNS + i] = value.z;
          right[3u * COLUMNS + i] = value.w;
        }
      } else {
        for (var p = 0u; p < 4u; p++) {
          for (var i = 0u; i < COLUMNS; i += 4u) {
            let value = vec4<f32>(tilesB[tileB + (4u * four + p) * (TILE_N / 4u) + columnOf(x, i) / 4u]);
            right[p * COLUMNS + i] = value.x;
            right[p * COLUMNS + i + 1u] = value.y;
            right[p * COLUMNS + i + 2u] = value.z;
            right[p * COLUMNS + i + 3u] = value.w;
          }
        }
      }
      for (var p = 0u; p < 4u; p++) {
        for (var r = 0u; r < ROWS; r++) {
          if (ROW_SUMS) {
            ofRows[r] += left[p * ROWS + r];
          }
          for (var i = 0u; i < COLUMNS; i++) {
            products[r * COLUMNS + i] += left[p * ROWS + r] * right[p * COLUMNS + i];
          }
        }
      }
    }
    // The next step writes the other tiles: whoever is late reads these in peace, and the barrier there keeps all within a step.
    buffer = 1u - buffer;
  }
  for (var r = 0u; r < ROWS; r++) {
    for (var i = 0u; i < COLUMNS; i++) {
      store(tile.matrix, row + rowOf(y, r), column + columnOf(x, i), products[r * COLUMNS + i]);
    }
    let at = row + rowOf(y, r);
    if (ROW_SUMS && tile.column == 0u && x == 0u && at < uniforms.m) {
      sums[at] += ofRows[r];
    }
  }
}
