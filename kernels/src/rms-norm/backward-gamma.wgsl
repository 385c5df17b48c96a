// Adds the gradient of gamma to its buffer, one invocation per column: dgamma += Σ dy · x · rstd.
// Rows are summed in blocks, then the blocks, which keeps the rounding error of long sums down; the order is fixed.
// Prelude: WORKGROUP (invocations per workgroup), BLOCK (rows per partial sum).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let column = indexOf(launch, lane);
  if (column >= uniforms.width) {
    return;
  }
  var sum = 0.0;
  for (var first = 0u; first < uniforms.rows; first += BLOCK) {
    var part = 0.0;
    let end = min(first + BLOCK, uniforms.rows);
    for (var row = first; row < end; row++) {
      let at = row * uniforms.width + column;
      part += dy[at] * (x[at] * stats[row]);
    }
    sum += part;
  }
  dgamma[column] += sum;
}
