// x with L x = b, or Lᵀ x = b, for lower triangular matrices: an invocation takes one column of b from its first row to its last, or back.
// Prelude: WORKGROUP (invocations per workgroup), TRANSPOSE (Lᵀ), TRANSPOSED_RIGHT (b is read with rows and columns exchanged).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let n = uniforms.size;
  let columns = uniforms.columns;
  let step = invocations(launch);
  for (var item = indexOf(launch, lane); item < uniforms.batch * columns; item += step) {
    let matrix = item / columns;
    let column = item % columns;
    let at = matrix * n * n;
    let to = matrix * n * columns + column;
    for (var i = 0u; i < n; i++) {
      let row = select(i, n - 1u - i, TRANSPOSE);
      let source = select(row * columns + column, column * n + row, TRANSPOSED_RIGHT);
      var rest = b[matrix * n * columns + source];
      for (var j = 0u; j < i; j++) {
        let other = select(j, n - 1u - j, TRANSPOSE);
        let weight = l[at + select(row * n + other, other * n + row, TRANSPOSE)];
        rest -= weight * x[to + other * columns];
      }
      x[to + row * columns] = rest / l[at + row * n + row];
    }
  }
}
