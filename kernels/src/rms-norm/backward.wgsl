// Gradient of root-mean-square normalisation with respect to its input, one invocation per row. With g = dy · gamma:
// dx = rstd · (g − x̂ · mean(g · x̂)) with x̂ = x · rstd.
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
  let rstd = stats[row];
  var projection = 0.0;
  for (var i = 0u; i < width; i++) {
    projection += dy[start + i] * gamma[i] * (x[start + i] * rstd);
  }
  projection /= f32(width);
  for (var i = 0u; i < width; i++) {
    dx[start + i] = rstd * (dy[start + i] * gamma[i] - (x[start + i] * rstd) * projection);
  }
}
