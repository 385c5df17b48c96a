// The switch at every step at once, given the integrated codes: no recurrence, one invocation per (row, time).
//   previous_t = z_{t−1}, active_t = relu(pre_t + W_z z_{t−1}), jacobian_t = dlogit_t / dz_{t−1} = W_zᵀ (w2 ∘ [active_t > 0])
// Prelude: WORKGROUP (invocations per workgroup), LATENT (width of z).

struct Uniforms {
  batch: u32,
  time: u32,
  latent: u32,
  hidden: u32,
  initial: u32,
}

@group(0) @binding(0) var<storage, read> pre: array<f32>;
@group(0) @binding(1) var<storage, read> wz: array<f32>;
@group(0) @binding(2) var<storage, read> w2: array<f32>;
@group(0) @binding(3) var<storage, read> z: array<f32>;
@group(0) @binding(4) var<storage, read> z0: array<f32>;
@group(0) @binding(5) var<storage, read_write> previous: array<f32>;
@group(0) @binding(6) var<storage, read_write> activation: array<f32>;
@group(0) @binding(7) var<storage, read_write> jacobian: array<f32>;
@group(0) @binding(8) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (at >= uniforms.batch * uniforms.time) {
    return;
  }
  let latent = uniforms.latent;
  let row = at / uniforms.time;
  let first = at % uniforms.time == 0;
  var state: array<f32, LATENT>;
  var slope: array<f32, LATENT>;
  for (var n = 0u; n < latent; n++) {
    var value = 0.0;
    if (!first) {
      value = z[(at - 1) * latent + n];
    } else if (uniforms.initial == 1) {
      value = z0[row * latent + n];
    }
    state[n] = value;
    previous[at * latent + n] = value;
  }
  for (var k = 0u; k < uniforms.hidden; k++) {
    var sum = pre[at * uniforms.hidden + k];
    for (var n = 0u; n < latent; n++) {
      sum += wz[k * latent + n] * state[n];
    }
    activation[at * uniforms.hidden + k] = max(sum, 0.0);
    let weight = select(0.0, w2[k], sum > 0.0);
    for (var n = 0u; n < latent; n++) {
      slope[n] += weight * wz[k * latent + n];
    }
  }
  for (var n = 0u; n < latent; n++) {
    jacobian[at * latent + n] = slope[n];
  }
}
