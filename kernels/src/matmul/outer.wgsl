// c (+)= aᵀ·b, a stored [k, m] and b [k, n]: the gradient of a weight, for software adapters (see subgroups.wgsl for what is dear
// there). Both are rows along the summed dimension, so a workgroup, one subgroup, keeps a tile of c in private memory, 4·FOURS rows
// by 4·LANES columns, and adds outer products to it: STEPS rows of a and of b at a time, four neighbours a lane in one load each;
// what a lane loaded of a reaches the others by shuffles. Each element is summed over k in order.
// Two steps at a time: with four, b no longer fits the registers beside a row of c. Indices into private memory are constants, but for
// the last loop, which reads; written out thirty-two times it would take seconds to compile, hence a bound that no compiler can see.
// Prelude: LANES (subgroup size), FOURS (fours of rows: 2, 4 or 8, at most LANES), ACCUMULATE, ROW_SUMS, BATCHED (bool).
// m: A multiple of 4, as is n.
enable subgroups;
import fragments::{tiles, product};

const STEPS: u32 = 2u;

// a[step of k, this lane's four rows of c] and b[step of k, this lane's four columns].
var<private> left: array<vec4<f32>, STEPS>;
var<private> right: array<vec4<f32>, STEPS>;
// c[row of the tile, this lane's four columns].
var<private> tile: array<vec4<f32>, 4u * FOURS>;

fn addRow(row: u32, first: f32, second: f32) {
  tile[row] = tile[row] + first * right[0] + second * right[1];
}

fn addFour(i: u32) {
  let first = subgroupShuffle(left[0], i);
  let second = subgroupShuffle(left[1], i);
  addRow(4u * i, first.x, second.x);
  addRow(4u * i + 1u, first.y, second.y);
  addRow(4u * i + 2u, first.z, second.z);
  addRow(4u * i + 3u, first.w, second.w);
}

@compute @workgroup_size(LANES)
fn main(launch: Launch, @builtin(subgroup_invocation_id) lane: u32) {
  let m = uniforms.m;
  let n = uniforms.n;
  let k = uniforms.k;
  let place = tileOf(launch, max(1u, (n + 4u * LANES - 1u) / (4u * LANES)), max(1u, (m + 4u * FOURS - 1u) / (4u * FOURS)));
  let column = (place.column * LANES + lane) * 4u;
  // Past the last matrix there are no rows: to return here would mask every store below.
  let firstRow = select(m, place.row * 4u * FOURS, place.matrix < uniforms.batch);
  let beginA = beginOfA(place.matrix);
  let beginB = beginOfB(place.matrix);
  let beginC = select(0u, place.matrix * m * n, BATCHED);
  // Rows that this lane loads of a; lanes beyond FOURS, and what lies beyond m, load what nobody uses.
  let row = firstRow + 4u * lane;
  var total = vec4(0.0);
  for (var start = 0u; start < k; start += STEPS) {
    for (var p = 0u; p < STEPS; p++) {
      let at = start + p;
      left[p] = select(vec4(0.0), a[(beginA + at * m + row) / 4u], at < k);
      right[p] = select(vec4(0.0), b[(beginB + at * n + column) / 4u], at < k);
      if (ROW_SUMS) {
        total += left[p];
      }
    }
    addFour(0u);
    addFour(1u);
    if (FOURS > 2u) {
      addFour(2u);
      addFour(3u);
    }
    if (FOURS > 4u) {
      addFour(4u);
      addFour(5u);
      addFour(6u);
      addFour(7u);
    }
  }
  if (ROW_SUMS && place.column == 0u && lane < FOURS && row < m) {
    sums[row] += total.x;
    sums[row + 1u] += total.y;
    sums[row + 2u] += total.z;
    sums[row + 3u] += total.w;
  }
  if (column < n) {
    let rows = select(4u * FOURS, m - firstRow, firstRow + 4u * FOURS > m);
    for (var i = 0u; i < rows; i++) {
      let o = (beginC + (firstRow + i) * n + column) / 4u;
      if (ACCUMULATE) {
        c[o] += tile[i];
      } else {
        c[o] = tile[i];
      }
    }
  }
}
