// Switch and temporal integration over the whole time in one dispatch; an invocation takes one row, or several one after the other:
//   logit_t = w2 · relu(pre_t + W_z z_{t−1}) + b2, β_t from the logit by the gate's mode, z_t = β_t z̃_t + (1 − β_t) z_{t−1}
// Beside β_t it leaves dβ_t/dlogit_t, all the backward pass needs to know of the mode.
// Where the switch is small the weights and a row of `pre` are copied to private memory first. Loops that copy have bounds the
// compiler does not know, so that they stay loops; those that compute are unrolled, which makes their indices constant: a
// software adapter then reads a whole vector of lanes at once, where storage costs an access per lane.
// Prelude: WORKGROUP (invocations per workgroup), LATENT (width of z), HIDDEN (width of the switch), CACHED (bool), Value (f32), Bits, Truth.
// biasAt: where b2 lies behind w2.
import fragments::{index, gates};

const GUMBEL: u32 = 1;
const STRAIGHT_THROUGH: u32 = 2;
const HARD: u32 = 3;
const OPEN: u32 = 4;

const CACHE: u32 = select(1u, HIDDEN, CACHED);

var<private> state: array<f32, LATENT>;
var<private> first: array<array<f32, LATENT>, CACHE>;
var<private> second: array<f32, CACHE>;
var<private> before: array<f32, CACHE>;

fn logitAt(at: u32) -> f32 {
  var logit = w2[uniforms.biasAt];
  if (CACHED) {
    for (var k = 0u; k < uniforms.hidden; k++) {
      before[k] = pre[at * uniforms.hidden + k];
    }
    for (var k = 0u; k < CACHE; k++) {
      var sum = before[k];
      for (var n = 0u; n < LATENT; n++) {
        sum += first[k][n] * state[n];
      }
      logit += second[k] * rectify(sum);
    }
    return logit;
  }
  for (var k = 0u; k < uniforms.hidden; k++) {
    var sum = pre[at * uniforms.hidden + k];
    for (var n = 0u; n < uniforms.latent; n++) {
      sum += wz[k * uniforms.latent + n] * state[n];
    }
    logit += w2[k] * rectify(sum);
  }
  return logit;
}

/** β and its derivative by the logit; NaN where that is, but for the open gate. */
fn beta(logit: f32, perturbation: f32, mode: u32, temperature: f32, threshold: f32) -> vec2<f32> {
  if (mode == OPEN) {
    return vec2(1.0, 0.0);
  }
  if (mode == HARD) {
    return vec2(keepNan(select(0.0, 1.0, logit >= threshold), logit), 0.0);
  }
  let relaxed = mode == GUMBEL || mode == STRAIGHT_THROUGH;
  let scale = select(1.0, temperature, relaxed);
  let soft = sigmoid(select(logit, (logit + perturbation) / scale, relaxed));
  let decided = keepNan(select(0.0, 1.0, soft > 0.5), soft);
  return vec2(select(soft, decided, mode == STRAIGHT_THROUGH), soft * (1.0 - soft) / scale);
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let mode = u32(control[0]);
  let temperature = control[1];
  let threshold = control[2];
  if (CACHED) {
    for (var k = 0u; k < uniforms.hidden; k++) {
      second[k] = w2[k];
      for (var n = 0u; n < uniforms.latent; n++) {
        first[k][n] = wz[k * uniforms.latent + n];
      }
    }
  }
  let all = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.batch; row += all) {
    for (var n = 0u; n < LATENT; n++) {
      state[n] = 0.0;
    }
    for (var n = 0u; n < uniforms.latent * uniforms.initial; n++) {
      state[n] = z0[row * uniforms.latent + n];
    }
    for (var t = 0u; t < uniforms.time; t++) {
      let at = row * uniforms.time + t;
      let logit = logitAt(at);
      var perturbation = 0.0;
      if (uniforms.withNoise == 1) {
        perturbation = noise[at];
      }
      var value = beta(logit, perturbation, mode, temperature, threshold);
      if (t == 0) {
        var forced = uniforms.firstOpen == 1;
        if (uniforms.withOpened == 1) {
          forced = opened[row] != 0;
        }
        value = select(value, vec2(1.0, 0.0), forced);
      }
      betas[at] = value.x;
      betas[uniforms.batch * uniforms.time + at] = value.y;
      for (var n = 0u; n < uniforms.latent; n++) {
        let i = at * uniforms.latent + n;
        // Not state + β (z̃ − state): an open gate must give the proposal exactly.
        let integrated = value.x * proposal[i] + (1.0 - value.x) * state[n];
        state[n] = integrated;
        z[i] = integrated;
      }
    }
  }
}
