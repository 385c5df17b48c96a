// Log-density of a diagonal Gaussian, summed over each row of x [rows, dims], in nats:
//   logProb[row] = Σ −½ ((x − μ) / σ)² − logσ − ½ log 2π
// Prelude: WORKGROUP (invocations per workgroup), SHARED (logσ is one vector [dims] for all rows).

const HALF_LOG_TWO_PI = 0.9189385332;

struct Uniforms {
  rows: u32,
  dims: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> mu: array<f32>;
@group(0) @binding(2) var<storage, read> logSigma: array<f32>;
@group(0) @binding(3) var<storage, read_write> logProb: array<f32>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var row = (group.y * groups.x + group.x) * WORKGROUP + lane; row < uniforms.rows; row += step) {
    let first = row * uniforms.dims;
    var total = 0.0;
    for (var k = 0u; k < uniforms.dims; k++) {
      let s = logSigma[select(first + k, k, SHARED)];
      let distance = (x[first + k] - mu[first + k]) * exp(clamp(-s, -40.0, 40.0));
      total -= 0.5 * distance * distance + s + HALF_LOG_TWO_PI;
    }
    logProb[row] = total;
  }
}
