// KL divergence of a diagonal Gaussian from N(0, I), summed over each row of [rows, dims], in nats:
//   kl[row] = Σ ½ (exp(2 logσ) + μ² − 1) − logσ
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  rows: u32,
  dims: u32,
}

@group(0) @binding(0) var<storage, read> mu: array<f32>;
@group(0) @binding(1) var<storage, read> logSigma: array<f32>;
@group(0) @binding(2) var<storage, read_write> kl: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var row = (group.y * groups.x + group.x) * WORKGROUP + lane; row < uniforms.rows; row += step) {
    var total = 0.0;
    for (var k = row * uniforms.dims; k < (row + 1u) * uniforms.dims; k++) {
      let s = logSigma[k];
      total += 0.5 * (exp(clamp(2.0 * s, -87.0, 80.0)) + mu[k] * mu[k] - 1.0) - s;
    }
    kl[row] = total;
  }
}
