// c = epilogue(op(a) · op(b)) on the matrix units of a GPU, a and b in half precision, sums in f32. A workgroup of HIGH × WIDE subgroups makes a
// tile of c out of tiles of a and b in workgroup memory; a subgroup makes FRAGMENTS × FRAGMENTS matrices of M × N in registers. The next
// tiles are fetched into registers while these are multiplied. Rows of tiles are eight halves longer than what they hold, so that
// neighbouring rows lie in other banks. Finished matrices go through workgroup memory, for the epilogue and the edges: their layout in
// registers is the adapter's own.
// Prelude: M, N, K (of a matrix the adapter multiplies), FRAGMENTS, HIGH, WIDE, LANES (subgroup size), TILE_K (a multiple of K),
// TRANSPOSE_A, TRANSPOSE_B (not both), ACCUMULATE, BIAS, RELU, RESIDUAL, RECTIFY, BATCHED (bool). As for tiled.wgsl, rows of a and b in memory are
// whole fours.
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
import fragments::{tiles, productElement};

const SUBGROUPS = HIGH * WIDE;
const WORKGROUP = SUBGROUPS * LANES;
const TILE_M = HIGH * FRAGMENTS * M;
const TILE_N = WIDE * FRAGMENTS * N;
const PAD = 8u;
// Contiguous elements of a tile of a, and rows of them; likewise for b.
const RUN_A = select(TILE_K, TILE_M, TRANSPOSE_A);
const RUNS_A = select(TILE_M, TILE_K, TRANSPOSE_A);
const RUN_B = select(TILE_N, TILE_K, TRANSPOSE_B);
const RUNS_B = select(TILE_K, TILE_N, TRANSPOSE_B);
const STRIDE_A = RUN_A + PAD;
const STRIDE_B = RUN_B + PAD;
// Fours of a tile that an invocation fetches.
const FOURS_A = (TILE_M * TILE_K / 4u + WORKGROUP - 1u) / WORKGROUP;
const FOURS_B = (TILE_N * TILE_K / 4u + WORKGROUP - 1u) / WORKGROUP;

alias Left = subgroup_matrix_left<f16, K, M>;
alias Right = subgroup_matrix_right<f16, N, K>;
alias Result = subgroup_matrix_result<f32, N, M>;

var<workgroup> tileA: array<f16, RUNS_A * STRIDE_A>;
var<workgroup> tileB: array<f16, RUNS_B * STRIDE_B>;
var<workgroup> scratch: array<f32, SUBGROUPS * M * N>;

/** Four halves of op(a) from place `four` of the tile that begins at (row, k); zeros past an edge. */
fn fetchA(begin: u32, row: u32, k: u32, four: u32) -> vec4<f16> {
  let run = four / (RUN_A / 4u);
  let along = 4u * (four % (RUN_A / 4u));
  if (TRANSPOSE_A) {
    if (k + run < uniforms.k && row + along < uniforms.m) {
      return a[(begin + (k + run) * uniforms.m + row + along) / 4u];
    }
    return vec4<f16>();
  }
  if (row + run < uniforms.m && k + along < uniforms.k) {
    return a[(begin + (row + run) * uniforms.k + k + along) / 4u];
  }
  return vec4<f16>();
}

fn fetchB(begin: u32, column: u32, k: u32, four: u32) -> vec4<f16> {
  let run = four / (RUN_B / 4u);
  let along = 4u * (four % (RUN_B / 4u));
  if (TRANSPOSE_B) {
    if (column + run < uniforms.n && k + along < uniforms.k) {
      return b[(begin + (column + run) * uniforms.k + k + along) / 4u];
    }
    return vec4<f16>();
  }
  if (k + run < uniforms.k && column + along < uniforms.n) {
    return b[(begin + (k + run) * uniforms.n + column + along) / 4u];
  }
  return vec4<f16>();
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32, @builtin(subgroup_id) subgroup: u32) {
  let high = subgroup / WIDE;
  let wide = subgroup % WIDE;
  let tile = tileOf(launch, max(1u, (uniforms.n + TILE_N - 1u) / TILE_N), max(1u, (uniforms.m + TILE_M - 1u) / TILE_M));
  if (tile.matrix >= uniforms.batch) {
    return;
  }
  let row = tile.row * TILE_M;
  let column = tile.column * TILE_N;
  let beginA = beginOfA(tile.matrix);
  let beginB = beginOfB(tile.matrix);
  var products: array<Result, FRAGMENTS * FRAGMENTS>;
  var nextA: array<vec4<f16>, FOURS_A>;
  var nextB: array<vec4<f16>, FOURS_B>;
  for (var i = 0u; i < FOURS_A; i++) {
    nextA[i] = fetchA(beginA, row, 0u, i * WORKGROUP + lane);
  }
  for (var i = 0u; i < FOURS_B; i++) {
    nextB[i] = fetchB(beginB, column, 0u, i * WORKGROUP + lane);
  }
  for (var k = 0u; k < uniforms.k; k += TILE_K) {
    for (var i = 0u; i < FOURS_A; i++) {
      let four = i * WORKGROUP + lane;
      if (four < TILE_M * TILE_K / 4u) {
        let at = (four / (RUN_A / 4u)) * STRIDE_A + 4u * (four % (RUN_A / 4u));
        tileA[at] = nextA[i].x;
        tileA[at + 1u] = nextA[i].y;
        tileA[at + 2u] = nextA[i].z;
        tileA[at + 3u] = nextA[i].w;
      }
    }
    for (var i = 0u; i < FOURS_B; i++) {
      let four = i * WORKGROUP + lane;
      if (four < TILE_N * TILE_K / 4u) {
        let at = (four / (RUN_B / 4u)) * STRIDE_B + 4u * (four % (RUN_B / 4u));
        tileB[at] = nextB[i].x;
        tileB[at + 1u] = nextB[i].y;
        tileB[at + 2u] = nextB[i].z;
        tileB[at + 3u] = nextB[i].w;
      }
    }
    workgroupBarrier();
    for (var i = 0u; i < FOURS_A; i++) {
      nextA[i] = fetchA(beginA, row, k + TILE_K, i * WORKGROUP + lane);
    }
    for (var i = 0u; i < FOURS_B; i++) {
      nextB[i] = fetchB(beginB, column, k + TILE_K, i * WORKGROUP + lane);
    }
    for (var inner = 0u; inner < TILE_K; inner += K) {
      var right: array<Right, FRAGMENTS>;
      for (var j = 0u; j < FRAGMENTS; j++) {
        let first = (wide * FRAGMENTS + j) * N;
        let at = select(inner * STRIDE_B + first, first * STRIDE_B + inner, TRANSPOSE_B);
        if (TRANSPOSE_B) {
          right[j] = subgroupMatrixLoad<Right, col_major>(&tileB, at, STRIDE_B);
        } else {
          right[j] = subgroupMatrixLoad<Right, row_major>(&tileB, at, STRIDE_B);
        }
      }
      for (var i = 0u; i < FRAGMENTS; i++) {
        let first = (high * FRAGMENTS + i) * M;
        let at = select(first * STRIDE_A + inner, inner * STRIDE_A + first, TRANSPOSE_A);
        var left: Left;
        if (TRANSPOSE_A) {
          left = subgroupMatrixLoad<Left, col_major>(&tileA, at, STRIDE_A);
        } else {
          left = subgroupMatrixLoad<Left, row_major>(&tileA, at, STRIDE_A);
        }
        for (var j = 0u; j < FRAGMENTS; j++) {
          products[i * FRAGMENTS + j] = subgroupMatrixMultiplyAccumulate(left, right[j], products[i * FRAGMENTS + j]);
        }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < FRAGMENTS; i++) {
    for (var j = 0u; j < FRAGMENTS; j++) {
      subgroupMatrixStore<row_major>(&scratch, subgroup * M * N, products[i * FRAGMENTS + j], N);
      workgroupBarrier();
      for (var at = lane % LANES; at < M * N; at += LANES) {
        let inRow = row + (high * FRAGMENTS + i) * M + at / N;
        store(tile.matrix, inRow, column + (wide * FRAGMENTS + j) * N + at % N, scratch[subgroup * M * N + at]);
      }
      workgroupBarrier();
    }
  }
}
