// Gradient of the KL divergence from N(0, I): dμ = μ · dkl[row], dlogσ = (exp(2 logσ) − 1) · dkl[row].
// Prelude: WORKGROUP (invocations per workgroup), DIMS (row length, a constant so that the division by it is cheap).

struct Uniforms {
  rows: u32,
}

@group(0) @binding(0) var<storage, read> mu: array<f32>;
@group(0) @binding(1) var<storage, read> logSigma: array<f32>;
@group(0) @binding(2) var<storage, read> dkl: array<f32>;
@group(0) @binding(3) var<storage, read_write> dmu: array<f32>;
@group(0) @binding(4) var<storage, read_write> dlogSigma: array<f32>;
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.rows * DIMS; i += step) {
    let upstream = dkl[i / DIMS];
    dmu[i] = mu[i] * upstream;
    dlogSigma[i] = (exp(clamp(2.0 * logSigma[i], -87.0, 80.0)) - 1.0) * upstream;
  }
}
