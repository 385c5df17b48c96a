// One step of a causal convolution: y[b, c] = bias[c] + Σ_j w[j, c] · (the last TAPS inputs)[j], of which `state` [batch, TAPS − 1, width] has all but
// x[b, c]; then state is one step further.
// Prelude: WORKGROUP (invocations per workgroup), TAPS, BIAS (bool), Value and LANES (channels in one, which divides the width).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.width / LANES;
  let stride = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.batch * width; i += stride) {
    let channel = i % width;
    let begin= (i / width) * (TAPS - 1u) * width + channel;
    let newest = x[i];
    var sum = w[(TAPS - 1u) * width + channel] * newest;
    if (BIAS) {
      sum += bias[channel];
    }
    for (var j = 1u; j < TAPS; j++) {
      let held = state[begin + (j - 1u) * width];
      sum += w[(j - 1u) * width + channel] * held;
      if (j > 1u) {
        state[begin + (j - 2u) * width] = held;
      }
    }
    if (TAPS > 1u) {
      state[begin + (TAPS - 2u) * width] = newest;
    }
    out[i] = sum;
  }
}
