// The real-gated linear recurrent unit over the whole time in one dispatch (De et al., arXiv 2402.19427, §2.4), from gates that are already
// projected:
//   log a_t = −8 softplus(Λ) σ(r_t),  h_t = a_t h_{t−1} + √(1 − a_t²) σ(i_t) x_t
// Channels do not mix: an invocation carries LANES of them of one row of the batch.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>) and LANES (channels in one, dividing the width), INITIAL (bool:
// h0 is given; the state begins at zero otherwise).
// gates: r and i of a step side by side.
import fragments::index;

fn sigmoid(v: Value) -> Value {
  return 1.0 / (1.0 + exp(-clamp(v, Value(-80.0), Value(80.0))));
}

/** log(1 + u) for u from 0 to 1, as 2 artanh(u / (2 + u)): near 1 a GPU's own logarithm is exact to 2⁻²¹ only, however small the result. */
fn logOnePlus(u: Value) -> Value {
  let s = u / (2.0 + u);
  let q = s * s;
  return 2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q / 11.0)))));
}

fn softplus(v: Value) -> Value {
  return max(v, Value(0.0)) + logOnePlus(exp(-min(abs(v), Value(80.0))));
}

/** 1 − eᵛ for v ≤ 0, exact to rounding near 0, where the difference itself would lose its digits. */
fn complement(v: Value) -> Value {
  let series = -v * (1.0 + v * (0.5 + v * (1.0 / 6.0 + v * (1.0 / 24.0 + v / 120.0))));
  return select(1.0 - exp(max(v, Value(-87.0))), series, v > Value(-0.1));
}

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
    state = exp(max(logA, Value(-87.0))) * state + sqrt(complement(2.0 * logA)) * sigmoid(gates[gate + width]) * x[at];
    h[at] = state;
    at += width;
  }
}
