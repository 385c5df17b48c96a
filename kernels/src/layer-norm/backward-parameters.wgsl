// Adds the gradients of gamma and beta to their buffers, one invocation per column: dgamma += Σ dy · x̂, dbeta += Σ dy.
// Rows are summed in blocks, then the blocks, which keeps the rounding error of long sums down; the order is fixed.
// Prelude: WORKGROUP (invocations per workgroup), BLOCK (rows per partial sum).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let column = indexOf(launch, lane);
  if (column >= uniforms.width) {
    return;
  }
  var gammaSum = 0.0;
  var betaSum = 0.0;
  for (var first = 0u; first < uniforms.rows; first += BLOCK) {
    var gammaPart = 0.0;
    var betaPart = 0.0;
    let end = min(first + BLOCK, uniforms.rows);
    for (var row = first; row < end; row++) {
      let at = row * uniforms.width + column;
      let g = dy[at];
      gammaPart += g * ((x[at] - stats[2u * row]) * stats[2u * row + 1u]);
      betaPart += g;
    }
    gammaSum += gammaPart;
    betaSum += betaPart;
  }
  dgamma[column] += gammaSum;
  dbeta[column] += betaSum;
}
