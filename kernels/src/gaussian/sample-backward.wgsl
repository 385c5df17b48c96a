// Gradient of the reparameterised sample with respect to logσ: dlogσ = dx · exp(logσ) · noise [rows, DIMS]. That for μ
// is dx itself. Where logσ is shared its gradient is the sum over rows.
// Prelude: WORKGROUP (invocations per workgroup), DIMS (row length), SHARED (logσ is one vector [DIMS] for all rows).

struct Uniforms {
  rows: u32,
}

@group(0) @binding(0) var<storage, read> logSigma: array<f32>;
@group(0) @binding(1) var<storage, read> noise: array<f32>;
@group(0) @binding(2) var<storage, read> dx: array<f32>;
@group(0) @binding(3) var<storage, read_write> dlogSigma: array<f32>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.rows * DIMS; i += step) {
    dlogSigma[i] = dx[i] * exp(clamp(logSigma[select(i, i % DIMS, SHARED)], -87.0, 80.0)) * noise[i];
  }
}
