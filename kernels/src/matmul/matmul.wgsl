// c = epilogue(op(a) · op(b)) for any sizes; the kernel for shapes that `tiles` does not take.
// Each invocation makes a tile of 4 rows × 4 columns. The 8 lanes of a software adapter hold neighbouring column tiles, so that
// addresses in `a` are the same across lanes. Indices past an edge are clamped once, before the loop over k, and only the
// stores are guarded: a branch in the inner loop costs more than the arithmetic it saves.
// Prelude: WORKGROUP (column tiles per workgroup), TRANSPOSE_A, TRANSPOSE_B, ACCUMULATE, BIAS, RELU, RESIDUAL, RECTIFY, ROW_SUMS (bool).
import fragments::launch;

fn store(row: u32, column: u32, product: f32) {
  if (row >= uniforms.m || column >= uniforms.n) {
    return;
  }
  let i = row * uniforms.n + column;
  var value = product;
  if (BIAS) {
    value += bias[column];
  }
  if (RELU) {
    value = max(value, 0.0);
  }
  if (RESIDUAL) {
    value += residual[i];
  }
  if (RECTIFY) {
    value = select(0.0, value, residual[i] > 0.0);
  }
  if (ACCUMULATE) {
    value += c[i];
  }
  c[i] = value;
}

fn store4(row: u32, column: u32, product: vec4<f32>) {
  store(row, column, product.x);
  store(row, column + 1u, product.y);
  store(row, column + 2u, product.z);
  store(row, column + 3u, product.w);
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let row = (launch.group.z * launch.groups.y + launch.group.y) * 4u;
  let column = (launch.group.x * WORKGROUP + lane) * 4u;
  let rows = min(row + vec4(0u, 1u, 2u, 3u), vec4(uniforms.m - 1u));
  let columns = min(column + vec4(0u, 1u, 2u, 3u), vec4(uniforms.n - 1u));
  let stepA = select(1u, uniforms.m, TRANSPOSE_A);
  let stepB = select(uniforms.n, 1u, TRANSPOSE_B);
  var i = select(rows * uniforms.k, rows, TRANSPOSE_A);
  var j = select(columns, columns * uniforms.k, TRANSPOSE_B);
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
  store4(row, column, sum0);
  store4(row + 1u, column, sum1);
  store4(row + 2u, column, sum2);
  store4(row + 3u, column, sum3);
  if (ROW_SUMS && column == 0u) {
    for (var r = 0u; r < min(4u, uniforms.m - row); r++) {
      sums[row + r] += ofRows[r];
    }
  }
}
