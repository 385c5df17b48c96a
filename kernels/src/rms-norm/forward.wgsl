// Root-mean-square normalisation over the last axis: y = x / √(mean(x²) + eps) · gamma, one invocation per row.
// Squares beyond f32 are summed once more from shrunken numbers.
// Prelude: WORKGROUP (invocations per workgroup), BLOCK (elements per partial sum).
import fragments::{index, squares};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let row = indexOf(launch, lane);
  if (row >= uniforms.rows) {
    return;
  }
  let width = uniforms.width;
  let start = row * width;
  var squares = 0.0;
  for (var first = 0u; first < width; first += BLOCK) {
    var part = 0.0;
    for (var i = first; i < min(first + BLOCK, width); i++) {
      part += x[start + i] * x[start + i];
    }
    squares += part;
  }
  var rstd = inverseSqrt(squares / f32(width) + uniforms.eps);
  if (squares > LARGE_SQUARES) {
    var shrunk = 0.0;
    for (var i = 0u; i < width; i++) {
      let value = x[start + i] * SHRINK;
      shrunk += value * value;
    }
    rstd = inverseSqrt(shrunk / f32(width)) * SHRINK;
  }
  for (var i = 0u; i < width; i++) {
    y[start + i] = x[start + i] * rstd * gamma[i];
  }
  stats[row] = rstd;
}
