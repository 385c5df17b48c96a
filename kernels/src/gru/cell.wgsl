// One step of a GRU from both of its projections: what is left of it once W_hh h + b_hh is a product of matrices. The mathematics is that of
// forward.wgsl.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>) and LANES (units in one, which divides the width).
import fragments::index;

fn sigmoid(x: Value) -> Value {
  return 1.0 / (1.0 + exp(-clamp(x, Value(-80.0), Value(80.0))));
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let units = uniforms.hidden / LANES;
  let all = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * units; i += all) {
    let at = i / units * 3u * units + i % units;
    let r = sigmoid(gates[at] + recurrent[at]);
    let z = sigmoid(gates[at + units] + recurrent[at + units]);
    let n = tanh(clamp(gates[at + 2u * units] + r * recurrent[at + 2u * units], Value(-20.0), Value(20.0)));
    out[i] = n + z * (h0[i] - n);
  }
}
