// The switch at every step at once, given the integrated codes: no recurrence, an invocation takes one (row, time) after another.
//   previous_t = z_{t−1}, active_t = relu(pre_t + W_z z_{t−1}), jacobian_t = dlogit_t / dz_{t−1} = W_zᵀ (w2 ∘ [active_t > 0])
// Loops and private memory are as in forward.wgsl.
// Prelude: WORKGROUP (invocations per workgroup), LATENT (width of z), HIDDEN (width of the switch), CACHED (bool), Value (f32), Bits,
// Truth.
import fragments::{index, gates};

const CACHE: u32 = select(1u, HIDDEN, CACHED);

var<private> state: array<f32, LATENT>;
var<private> slope: array<f32, LATENT>;
var<private> first: array<array<f32, LATENT>, CACHE>;
var<private> second: array<f32, CACHE>;
// pre, then the activation.
var<private> unit: array<f32, CACHE>;

fn switchAt(at: u32) {
  let latent = uniforms.latent;
  let row = at * uniforms.hidden;
  if (CACHED) {
    for (var k = 0u; k < uniforms.hidden; k++) {
      unit[k] = pre[row + k];
    }
    for (var k = 0u; k < CACHE; k++) {
      var sum = unit[k];
      for (var n = 0u; n < LATENT; n++) {
        sum += first[k][n] * state[n];
      }
      unit[k] = rectify(sum);
      let weight = throughRectify(second[k], sum);
      for (var n = 0u; n < LATENT; n++) {
        slope[n] += weight * first[k][n];
      }
    }
    for (var k = 0u; k < uniforms.hidden; k++) {
      activation[row + k] = unit[k];
    }
    return;
  }
  for (var k = 0u; k < uniforms.hidden; k++) {
    var sum = pre[row + k];
    for (var n = 0u; n < latent; n++) {
      sum += wz[k * latent + n] * state[n];
    }
    activation[row + k] = rectify(sum);
    let weight = throughRectify(w2[k], sum);
    for (var n = 0u; n < latent; n++) {
      slope[n] += weight * wz[k * latent + n];
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let latent = uniforms.latent;
  if (CACHED) {
    for (var k = 0u; k < uniforms.hidden; k++) {
      second[k] = w2[k];
      for (var n = 0u; n < latent; n++) {
        first[k][n] = wz[k * latent + n];
      }
    }
  }
  let step = invocations(launch);
  for (var at = indexOf(launch, lane); at < uniforms.batch * uniforms.time; at += step) {
    let row = at / uniforms.time;
    let begins = at % uniforms.time == 0;
    for (var n = 0u; n < latent; n++) {
      var value = 0.0;
      if (!begins) {
        value = z[(at - 1) * latent + n];
      } else if (uniforms.initial == 1) {
        value = z0[row * latent + n];
      }
      state[n] = value;
      slope[n] = 0.0;
      previous[at * latent + n] = value;
    }
    switchAt(at);
    for (var n = 0u; n < latent; n++) {
      jacobian[at * latent + n] = slope[n];
    }
  }
}
