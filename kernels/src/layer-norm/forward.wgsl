// Layer normalisation over the last axis: y = (x − mean) · rstd · gamma + beta. An invocation takes four rows, the
// components of its vectors, so that what it reads of gamma and beta serves all four. The mean comes from one walk, in blocks, the
// variance from a second over the deviations from it: nothing cancels, whatever stands out of the row (Chan et al. 1983, eq. 1.7).
// Squares beyond f32 are summed once more from shrunken deviations.
// Prelude: WORKGROUP (invocations per workgroup), AFFINE (gamma and beta are given), BLOCK (elements per partial sum).
import fragments::{index, squares};

fn load(at: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]);
}

struct Moments {
  // What the first walk rounded away of the mean.
  shift: vec4<f32>,
  squares: vec4<f32>,
}

/** Means over the rows at `start` of `factor` times the deviations from `mean`, and of their squares. */
fn momentsOf(start: vec4<u32>, mean: vec4<f32>, factor: f32) -> Moments {
  var moments = Moments();
  for (var first = 0u; first < uniforms.width; first += BLOCK) {
    var part = Moments();
    for (var i = first; i < min(first + BLOCK, uniforms.width); i++) {
      let deviation = (load(start + i) - mean) * factor;
      part.shift += deviation;
      part.squares += deviation * deviation;
    }
    moments.shift += part.shift;
    moments.squares += part.squares;
  }
  let width = f32(uniforms.width);
  return Moments(moments.shift / width, moments.squares / width);
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
  var mean = vec4<f32>();
  for (var first = 0u; first < width; first += BLOCK) {
    var part = vec4<f32>();
    for (var i = first; i < min(first + BLOCK, width); i++) {
      part += load(start + i);
    }
    mean += part;
  }
  mean /= f32(width);
  let moments = momentsOf(start, mean, 1.0);
  var rstd = inverseSqrt(moments.squares - moments.shift * moments.shift + uniforms.eps);
  let large = moments.squares > vec4<f32>(LARGE_SQUARES / f32(width));
  if (any(large)) {
    rstd = select(rstd, inverseSqrt(momentsOf(start, mean, SHRINK).squares) * SHRINK, large);
  }
  for (var i = 0u; i < width; i++) {
    var value = ((load(start + i) - mean) - moments.shift) * rstd;
    if (AFFINE) {
      value = value * gamma[i] + beta[i];
    }
    // Rows past the last are that row once more, with the same values.
    y[start.x + i] = value.x;
    y[start.y + i] = value.y;
    y[start.z + i] = value.z;
    y[start.w + i] = value.w;
  }
  mean += moments.shift;
  stats[2u * rows.x] = mean.x;
  stats[2u * rows.x + 1u] = rstd.x;
  stats[2u * rows.y] = mean.y;
  stats[2u * rows.y + 1u] = rstd.y;
  stats[2u * rows.z] = mean.z;
  stats[2u * rows.z + 1u] = rstd.z;
  stats[2u * rows.w] = mean.w;
  stats[2u * rows.w + 1u] = rstd.w;
}
