// Gradient of root-mean-square normalisation with respect to its input, one invocation per row. With g = dy · gamma:
// dx = rstd · (g − x · rstd² · mean(g · x)).
// Prelude: WORKGROUP (invocations per workgroup).

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
  let rstd = stats[row];
  var projection = 0.0;
  for (var i = 0u; i < width; i++) {
    projection += dy[start + i] * gamma[i] * (x[start + i] * rstd);
  }
  projection *= rstd / f32(width);
  for (var i = 0u; i < width; i++) {
    dx[start + i] = rstd * (dy[start + i] * gamma[i] - x[start + i] * projection);
  }
}
