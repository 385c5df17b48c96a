// out[n, :] = x[n, :] + Σ rows[i, :] over all i whose index is n, in the order of i, from the indices sorted as pairs (index, i): an
// invocation finds its first row's pairs by bisection, then goes on through them. No atomics: every sum has one order.
// Prelude: WORKGROUP (invocations per workgroup), FROM_ZERO (do not read x), Value (f32 or vec4<f32>) and LANES (columns in one).
// count: pairs.
import fragments::rows;

/** The first pair whose index is at least `row`. */
fn beginning(row: u32) -> u32 {
  var low = 0u;
  var high = uniforms.count;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (pairs[middle].x < row) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  return low;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.columns / LANES;
  let walk = walkOf(launch, lane, uniforms.indexed, width);
  if (walk.first >= walk.last) {
    return;
  }
  let start = beginning(walk.first);
  for (var column = walk.column; column < width; column += walk.step) {
    var at = start;
    for (var row = walk.first; row < walk.last; row++) {
      var sum = Value();
      if (!FROM_ZERO) {
        sum = x[row * width + column];
      }
      while (at < uniforms.count) {
        let pair = pairs[at];
        if (pair.x != row) {
          break;
        }
        sum += rows[pair.y * width + column];
        at++;
      }
      out[row * width + column] = sum;
    }
  }
}
