// Layer normalisation over the last axis: y = (x − mean) · rstd · gamma + beta. An invocation takes four rows, the
// components of its vectors, so that what it reads of gamma and beta serves all four. Mean and variance come from one walk
// over deviations from the row's first element, which is an element of the row: a large common offset costs no precision, and
// what cancels is at most the width times the variance.
// Prelude: WORKGROUP (invocations per workgroup), AFFINE (gamma and beta are given).
import fragments::index;

fn load(at: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]);
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let first = indexOf(launch, lane) * 4u;
  if (first >= uniforms.rows) {
    return;
  }
  let width = uniforms.width;
  let rows = min(first + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(uniforms.rows - 1u));
  let start = rows * width;
  let origin = load(start);
  var sum = vec4<f32>();
  var squares = vec4<f32>();
  for (var i = 0u; i < width; i++) {
    let deviation = load(start + i) - origin;
    sum += deviation;
    squares += deviation * deviation;
  }
  let shift = sum / f32(width);
  let variance = max(squares / f32(width) - shift * shift, vec4<f32>());
  let rstd = inverseSqrt(variance + uniforms.eps);
  for (var i = 0u; i < width; i++) {
    var value = ((load(start + i) - origin) - shift) * rstd;
    if (AFFINE) {
      value = value * gamma[i] + beta[i];
    }
    // Rows past the last are that row once more, with the same values.
    y[start.x + i] = value.x;
    y[start.y + i] = value.y;
    y[start.z + i] = value.z;
    y[start.w + i] = value.w;
  }
  let mean = origin + shift;
  stats[2u * rows.x] = mean.x;
  stats[2u * rows.x + 1u] = rstd.x;
  stats[2u * rows.y] = mean.y;
  stats[2u * rows.y + 1u] = rstd.y;
  stats[2u * rows.z] = mean.z;
  stats[2u * rows.z + 1u] = rstd.z;
  stats[2u * rows.w] = mean.w;
  stats[2u * rows.w + 1u] = rstd.w;
}
