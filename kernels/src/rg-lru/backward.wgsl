// The gradient of forward.wgsl in one dispatch, from the last step to the first. With g_t = dh_t + a_{t+1} g_{t+1}, s = √(1 − a²):
//   dx = g s σ(i),  di = g s x σ'(i),  dlog a = g (a h_{t−1} − σ(i) x a²/s),  dr = −8 softplus(Λ) σ'(r) dlog a,
//   dΛ = −8 σ(Λ) Σ σ(r) dlog a, summed over time here; over rows it remains to be summed.
// Prelude: as in forward.wgsl.
// gates: r and i of a step side by side.
// dlambda: of every row.
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
    let a = exp(logA);
    // Where a is 1 nothing is taken in, and the slope of the root has no end: bounded, its product with x stays finite.
    let share = complement(2.0 * logA);
    let s = sqrt(keepNan(max(share, Value(1e-12)), share));
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
