// Stores an element of a product of matrices, if it is one; m, n and buffers as `fragments::product` has them, Value f32.
import fragments::product;

fn store(matrix: u32, row: u32, column: u32, product: f32) {
  if (row >= uniforms.m || column >= uniforms.n) {
    return;
  }
  let o = (select(0u, matrix * uniforms.m, BATCHED) + row) * uniforms.n + column;
  var value = product;
  if (BIAS) {
    value += bias[column];
  }
  value = finished(value, o);
  if (ACCUMULATE) {
    value += c[o];
  }
  c[o] = value;
}
