// Reparameterised sample of a diagonal Gaussian (Kingma and Welling, arXiv 1312.6114, §2.4): x = μ + exp(logσ) · noise.
// Prelude: WORKGROUP (invocations per workgroup), DIMS (row length), SHARED (logσ is one vector [DIMS] for all rows).

struct Uniforms {
  rows: u32,
}

@group(0) @binding(0) var<storage, read> mu: array<f32>;
@group(0) @binding(1) var<storage, read> logSigma: array<f32>;
@group(0) @binding(2) var<storage, read> noise: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.rows * DIMS; i += step) {
    x[i] = mu[i] + exp(clamp(logSigma[select(i, i % DIMS, SHARED)], -87.0, 80.0)) * noise[i];
  }
}
