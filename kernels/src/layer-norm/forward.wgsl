// Layer normalisation over the last axis: y = (x − mean) · rstd · gamma + beta, one invocation per row.
// The variance is summed from deviations, so a large common offset costs no precision.
// Prelude: WORKGROUP (invocations per workgroup), AFFINE (gamma and beta are given).

struct Uniforms {
  rows: u32,
  width: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

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
  var sum = 0.0;
  for (var i = 0u; i < width; i++) {
    sum += x[start + i];
  }
  let mean = sum / f32(width);
  var squares = 0.0;
  for (var i = 0u; i < width; i++) {
    let deviation = x[start + i] - mean;
    squares += deviation * deviation;
  }
  let rstd = inverseSqrt(squares / f32(width) + uniforms.eps);
  for (var i = 0u; i < width; i++) {
    var value = (x[start + i] - mean) * rstd;
    if (AFFINE) {
      value = value * gamma[i] + beta[i];
    }
    y[start + i] = value;
  }
  stats[2u * row] = mean;
  stats[2u * row + 1u] = rstd;
}
