// Root-mean-square normalisation over the last axis: y = x / √(mean(x²) + eps) · gamma, one invocation per row.
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  rows: u32,
  width: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<f32>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

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
