// The gradient of forward.wgsl in one dispatch, from the last step to the first. With g_t = dh_t + a_{t+1} g_{t+1}, s = √(1 − a²):
//   dx = g s σ(i),  di = g s x σ'(i),  dlog a = g (a h_{t−1} − σ(i) x a²/s),  dr = −8 softplus(Λ) σ'(r) dlog a,
//   dΛ = −8 σ(Λ) Σ σ(r) dlog a, summed over time here; over rows it remains to be summed.
// Prelude: as in forward.wgsl.
// gates: r and i of a step side by side.
// dlambda: of every row.
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
  var carried = Value(0.0);
  var sum = Value(0.0);
  var at = (row + 1u) * uniforms.time * width + channel;
  for (var step = 0u; step < uniforms.time; step++) {
    at -= width;
    var before = Value(0.0);
    if (step + 1u < uniforms.time) {
      before = h[at - width];
    } else if (INITIAL) {
      before = h0[index];
    }
    let gate = 2u * at - channel;
    let opened = sigmoid(gates[gate]);
    let taken = sigmoid(gates[gate + width]);
    let logA = rate * opened;
    let a = exp(max(logA, Value(-87.0)));
    // Where a is 1 nothing is taken in, and the slope of the root has no end: bounded, its product with x stays finite.
    let s = sqrt(max(complement(2.0 * logA), Value(1e-12)));
    let g = carried + dh[at];
    let dlogA = g * (a * before - taken * x[at] * a * a / s);
    dx[at] = g * s * taken;
    dgates[gate] = dlogA * rate * opened * (1.0 - opened);
    dgates[gate + width] = g * s * x[at] * taken * (1.0 - taken);
    sum += dlogA * opened;
    carried = g * a;
  }
  dlambda[index] = -8.0 * sigmoid(lambda[channel]) * sum;
  dh0[index] = carried;
}
