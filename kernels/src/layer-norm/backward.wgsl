// Gradient of layer normalisation with respect to its input, one invocation per row. With x̂ = (x − mean) · rstd and
// g = dy · gamma: dx = rstd · (g − mean(g) − x̂ · mean(g · x̂)).
// Prelude: WORKGROUP (invocations per workgroup), AFFINE (gamma is given).

struct Uniforms {
  rows: u32,
  width: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

fn scaled(at: u32, column: u32) -> f32 {
  if (AFFINE) {
    return dy[at] * gamma[column];
  }
  return dy[at];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (row >= uniforms.rows) {
    return;
  }
  let width = uniforms.width;
  let start = row * width;
  let mean = stats[2u * row];
  let rstd = stats[2u * row + 1u];
  var sum = 0.0;
  var projection = 0.0;
  for (var i = 0u; i < width; i++) {
    let g = scaled(start + i, i);
    sum += g;
    projection += g * (x[start + i] - mean);
  }
  sum /= f32(width);
  projection *= rstd * rstd / f32(width);
  for (var i = 0u; i < width; i++) {
    dx[start + i] = rstd * (scaled(start + i, i) - sum - (x[start + i] - mean) * projection);
  }
}
