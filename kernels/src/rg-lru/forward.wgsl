// The real-gated linear recurrent unit over the whole time in one dispatch (De et al., arXiv 2402.19427, §2.4), from gates that are already
// projected:
//   log a_t = −8 softplus(Λ) σ(r_t),  h_t = a_t h_{t−1} + √(1 − a_t²) σ(i_t) x_t
// Channels do not mix: an invocation carries LANES of them of one row of the batch.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>) and LANES (channels in one, dividing the width), Bits, Truth, INITIAL (bool:
// h0 is given; the state begins at zero otherwise).
// gates: r and i of a step side by side.
import fragments::{index, gates, decay};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.width / LANES;
  let index = indexOf(launch, lane);
  if (index >= uniforms.batch * width) {
    return;
  }
  let row = index / width;
  let channel = index % width;
  let rate = -8.0 * softplus(lambda[channel]);
  var state = Value(0.0);
  if (INITIAL) {
    state = h0[index];
  }
  var at = row * uniforms.time * width + channel;
  for (var t = 0u; t < uniforms.time; t++) {
    let gate = 2u * at - channel;
    let logA = rate * sigmoid(gates[gate]);
    state = exp(logA) * state + sqrt(complement(2.0 * logA)) * sigmoid(gates[gate + width]) * x[at];
    h[at] = state;
    at += width;
  }
}
