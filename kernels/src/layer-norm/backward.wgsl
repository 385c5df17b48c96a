// Gradient of layer normalisation with respect to its input. With x̂ = (x − mean) · rstd and g = dy · gamma:
// dx = rstd · (g − mean(g) − x̂ · mean(g · x̂)). An invocation takes four rows, the components of its vectors.
// Prelude: WORKGROUP (invocations per workgroup), AFFINE (gamma is given), EARLIER (add a gradient that x has from elsewhere).
import fragments::index;

fn load(at: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]);
}

fn scaled(at: vec4<u32>, column: u32) -> vec4<f32> {
  let g = vec4<f32>(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
  if (AFFINE) {
    return g * gamma[column];
  }
  return g;
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
  let mean = vec4<f32>(stats[2u * rows.x], stats[2u * rows.y], stats[2u * rows.z], stats[2u * rows.w]);
  let rstd = vec4<f32>(stats[2u * rows.x + 1u], stats[2u * rows.y + 1u], stats[2u * rows.z + 1u], stats[2u * rows.w + 1u]);
  var sum = vec4<f32>();
  var projection = vec4<f32>();
  for (var i = 0u; i < width; i++) {
    let g = scaled(start + i, i);
    sum += g;
    projection += g * ((load(start + i) - mean) * rstd);
  }
  sum /= f32(width);
  projection /= f32(width);
  for (var i = 0u; i < width; i++) {
    var value = rstd * (scaled(start + i, i) - sum - ((load(start + i) - mean) * rstd) * projection);
    if (EARLIER) {
      value += vec4<f32>(earlier[start.x + i], earlier[start.y + i], earlier[start.z + i], earlier[start.w + i]);
    }
    // Rows past the last are that row once more, with the same values.
    dx[start.x + i] = value.x;
    dx[start.y + i] = value.y;
    dx[start.z + i] = value.z;
    dx[start.w + i] = value.w;
  }
}
