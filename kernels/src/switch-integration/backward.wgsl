// The gradient through time of the integration in one dispatch, one invocation per row. With g_t = dz_t + what comes from t + 1,
//   dβ_t = dbeta_t + g_t · (z̃_t − z_{t−1}), dlogit_t = dβ_t · (dβ_t/dlogit_t), dz̃_t = β_t g_t,
//   to t − 1: (1 − β_t) g_t + dlogit_t · (dlogit_t/dz_{t−1})
// Prelude: WORKGROUP (invocations per workgroup), LATENT (width of z).

struct Uniforms {
  batch: u32,
  time: u32,
  latent: u32,
  withBeta: u32,
}

@group(0) @binding(0) var<storage, read> dz: array<f32>;
@group(0) @binding(1) var<storage, read> dbeta: array<f32>;
@group(0) @binding(2) var<storage, read> proposal: array<f32>;
@group(0) @binding(3) var<storage, read> previous: array<f32>;
@group(0) @binding(4) var<storage, read> gate: array<f32>;
@group(0) @binding(5) var<storage, read> jacobian: array<f32>;
@group(0) @binding(6) var<storage, read_write> dproposal: array<f32>;
@group(0) @binding(7) var<storage, read_write> dlogit: array<f32>;
@group(0) @binding(8) var<storage, read_write> dz0: array<f32>;
@group(0) @binding(9) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (row >= uniforms.batch) {
    return;
  }
  let latent = uniforms.latent;
  var carried: array<f32, LATENT>;
  for (var step = 0u; step < uniforms.time; step++) {
    let at = row * uniforms.time + uniforms.time - 1 - step;
    let beta = gate[at];
    var sum = 0.0;
    if (uniforms.withBeta == 1) {
      sum = dbeta[at];
    }
    for (var n = 0u; n < latent; n++) {
      let i = at * latent + n;
      let total = carried[n] + dz[i];
      sum += total * (proposal[i] - previous[i]);
      dproposal[i] = beta * total;
      carried[n] = total;
    }
    let slope = sum * gate[uniforms.batch * uniforms.time + at];
    dlogit[at] = slope;
    for (var n = 0u; n < latent; n++) {
      carried[n] = (1.0 - beta) * carried[n] + slope * jacobian[at * latent + n];
    }
  }
  for (var n = 0u; n < latent; n++) {
    dz0[row * latent + n] = carried[n];
  }
}
