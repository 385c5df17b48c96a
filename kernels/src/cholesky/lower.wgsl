// Three small products [size, size] for the gradients of Cholesky factors and triangular solves, an invocation an element:
//   PROJECTED   lower half of Lᵀ G with its diagonal halved, for lower L = u and G = v
//   OUTER       lower half of −U Vᵀ, for u and v [size, columns]
//   SYMMETRIC   (U + Uᵀ) / 2
// Prelude: WORKGROUP (invocations per workgroup), PRODUCT (one of the constants below).
import fragments::index;

const PROJECTED = 0u;
const OUTER = 1u;
const SYMMETRIC = 2u;

fn element(matrix: u32, row: u32, column: u32) -> f32 {
  let n = uniforms.size;
  let at = matrix * n * n;
  if (PRODUCT == SYMMETRIC) {
    return 0.5 * (u[at + row * n + column] + u[at + column * n + row]);
  }
  if (column > row) {
    return 0.0;
  }
  var sum = 0.0;
  if (PRODUCT == PROJECTED) {
    for (var k = row; k < n; k++) {
      sum += u[at + k * n + row] * v[at + k * n + column];
    }
    return select(sum, 0.5 * sum, row == column);
  }
  let first = matrix * n * uniforms.columns;
  for (var k = 0u; k < uniforms.columns; k++) {
    sum -= u[first + row * uniforms.columns + k] * v[first + column * uniforms.columns + k];
  }
  return sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let square = uniforms.size * uniforms.size;
  let step = invocations(launch);
  for (var item = indexOf(launch, lane); item < uniforms.batch * square; item += step) {
    let inside = item % square;
    out[item] = element(item / square, inside / uniforms.size, inside % uniforms.size);
  }
}
