// Cholesky factors of symmetric matrices, a workgroup each: L lower with L Lᵀ = A, of which only the lower half is read. Column after
// column, its rows shared by the lanes. Where A is not positive definite the root is NaN, and so is all that follows.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::launch;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let n = uniforms.size;
  let matrix = groupOf(launch);
  if (matrix >= uniforms.batch) {
    return;
  }
  let at = matrix * n * n;
  for (var column = 0u; column < n; column++) {
    for (var row = lane; row < n; row += WORKGROUP) {
      var rest = 0.0;
      if (row >= column) {
        rest = a[at + row * n + column];
        for (var k = 0u; k < column; k++) {
          rest -= l[at + row * n + k] * l[at + column * n + k];
        }
      }
      l[at + row * n + column] = rest;
    }
    storageBarrier();
    let root = sqrt(l[at + column * n + column]);
    storageBarrier();
    for (var row = column + lane; row < n; row += WORKGROUP) {
      l[at + row * n + column] = select(l[at + row * n + column] / root, root, row == column);
    }
    storageBarrier();
  }
}
