// Root-mean-square normalisation over the last axis: y = x / √(mean(x²) + eps) · gamma, one invocation per row.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let row = indexOf(launch, lane);
  if (row >= uniforms.rows) {
    return;
  }
  let width = uniforms.width;
  let start = row * width;
  var squares = 0.0;
  for (var i = 0u; i < width; i++) {
    squares += x[start + i] * x[start + i];
  }
  let rstd = inverseSqrt(squares / f32(width) + uniforms.eps);
  for (var i = 0u; i < width; i++) {
    y[start + i] = x[start + i] * rstd * gamma[i];
  }
  stats[row] = rstd;
}
