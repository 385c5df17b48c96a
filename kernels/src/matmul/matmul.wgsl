// c = epilogue(op(a) · op(b)) for any sizes; the kernel for shapes that `tiles` does not take.
// Each invocation makes a tile of 4 rows × 4 columns. The 8 lanes of a software adapter hold neighbouring column tiles, so that
// addresses in `a` are the same across lanes. Indices past an edge are clamped once, before the loop over k, and only the
// stores are guarded: a branch in the inner loop costs more than the arithmetic it saves.
// Prelude: WORKGROUP (column tiles per workgroup), TRANSPOSE_A, TRANSPOSE_B, ACCUMULATE, BIAS, RELU, RESIDUAL, RECTIFY, ROW_SUMS, BATCHED (bool).
import fragments::{tiles, productElement};

fn store4(matrix: u32, row: u32, column: u32, product: vec4<f32>) {
  store(matrix, row, column, product.x);
  store(matrix, row, column + 1u, product.y);
  store(matrix, row, column + 2u, product.z);
  store(matrix, row, column + 3u, product.w);
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let tile = tileOf(launch, max(1u, (uniforms.n + 4u * WORKGROUP - 1u) / (4u * WORKGROUP)), max(1u, (uniforms.m + 3u) / 4u));
  // Past the last matrix there are no rows: to return here would mask every store below.
  let row = select(uniforms.m, tile.row * 4u, tile.matrix < uniforms.batch);
  let column = (tile.column * WORKGROUP + lane) * 4u;
  let rows = min(row + vec4(0u, 1u, 2u, 3u), vec4(max(uniforms.m, 1u) - 1u));
  let columns = min(column + vec4(0u, 1u, 2u, 3u), vec4(max(uniforms.n, 1u) - 1u));
  let stepA = select(1u, uniforms.m, TRANSPOSE_A);
  let stepB = select(uniforms.n, 1u, TRANSPOSE_B);
  var i = beginOfA(tile.matrix) + select(rows * uniforms.k, rows, TRANSPOSE_A);
  var j = beginOfB(tile.matrix) + select(columns, columns * uniforms.k, TRANSPOSE_B);
  var sum0 = vec4(0.0);
  var sum1 = vec4(0.0);
  var sum2 = vec4(0.0);
  var sum3 = vec4(0.0);
  var ofRows = vec4(0.0);
  for (var p = 0u; p < uniforms.k; p++) {
    let right = vec4(b[j.x], b[j.y], b[j.z], b[j.w]);
    sum0 += a[i.x] * right;
    sum1 += a[i.y] * right;
    sum2 += a[i.z] * right;
    sum3 += a[i.w] * right;
    if (ROW_SUMS) {
      ofRows += vec4(a[i.x], a[i.y], a[i.z], a[i.w]);
    }
    i += stepA;
    j += stepB;
  }
  store4(tile.matrix, row, column, sum0);
  store4(tile.matrix, row + 1u, column, sum1);
  store4(tile.matrix, row + 2u, column, sum2);
  store4(tile.matrix, row + 3u, column, sum3);
  if (ROW_SUMS && column == 0u) {
    for (var r = 0u; r < min(4u, uniforms.m - row); r++) {
      sums[row + r] += ofRows[r];
    }
  }
}
