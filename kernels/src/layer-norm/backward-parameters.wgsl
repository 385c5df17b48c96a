// Adds the gradients of gamma and beta to their buffers, one invocation per column: dgamma += Σ dy · x̂, dbeta += Σ dy.
// Rows are summed in blocks, then the blocks, which keeps the rounding error of long sums down; the order is fixed.
// Prelude: WORKGROUP (invocations per workgroup), BLOCK (rows per partial sum).

struct Uniforms {
  rows: u32,
  width: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> stats: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbeta: array<f32>;
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (column >= uniforms.width) {
    return;
  }
  var gammaSum = 0.0;
  var betaSum = 0.0;
  for (var first = 0u; first < uniforms.rows; first += BLOCK) {
    var gammaPart = 0.0;
    var betaPart = 0.0;
    let end = min(first + BLOCK, uniforms.rows);
    for (var row = first; row < end; row++) {
      let at = row * uniforms.width + column;
      let g = dy[at];
      gammaPart += g * ((x[at] - stats[2u * row]) * stats[2u * row + 1u]);
      betaPart += g;
    }
    gammaSum += gammaPart;
    betaSum += betaPart;
  }
  dgamma[column] += gammaSum;
  dbeta[column] += betaSum;
}
