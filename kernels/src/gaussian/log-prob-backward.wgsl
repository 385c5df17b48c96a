// Gradient of a diagonal Gaussian's log-density, with d = (x − μ) / σ:
//   dμ = d / σ · dlogProb[row],  dlogσ = (d² − 1) · dlogProb[row]  (both [rows, DIMS]);  the one for x is −dμ.
// Where logσ is shared its gradient is the sum of dlogσ over rows.
// Prelude: WORKGROUP (invocations per workgroup), DIMS (row length, a constant so that the division by it is cheap),
// SHARED (logσ is one vector [DIMS] for all rows).

struct Uniforms {
  rows: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> mu: array<f32>;
@group(0) @binding(2) var<storage, read> logSigma: array<f32>;
@group(0) @binding(3) var<storage, read> dlogProb: array<f32>;
@group(0) @binding(4) var<storage, read_write> dmu: array<f32>;
@group(0) @binding(5) var<storage, read_write> dlogSigma: array<f32>;
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.rows * DIMS; i += step) {
    let upstream = dlogProb[i / DIMS];
    let inverse = exp(clamp(-logSigma[select(i, i % DIMS, SHARED)], -40.0, 40.0));
    let distance = (x[i] - mu[i]) * inverse;
    dmu[i] = distance * inverse * upstream;
    dlogSigma[i] = (distance * distance - 1.0) * upstream;
  }
}
