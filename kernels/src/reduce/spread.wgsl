// Gradients of folds, element by element of x [outer, axis, inner]; everything else is [outer, inner].
// Prelude: WORKGROUP (invocations per workgroup), OPERATION (one of the constants below), ORDER as in fragments::order.
import fragments::{index, order};

const EXTREME = 0u;
const VARIANCE = 1u;
const DEVIATION = 2u;

fn gradient(value: u32, at: u32) -> f32 {
  let number = bitcast<f32>(value);
  let result = bitcast<f32>(out[at]);
  let g = dout[at];
  switch (OPERATION) {
    case EXTREME: {
      // All that are equal share it; a NaN among them leaves nothing that means anything.
      let share = select(0.0, g / f32(second[at]), keyOf(value) == keyOf(out[at]));
      return select(share, result, keyOf(out[at]) == NAN_KEY);
    }
    case VARIANCE: { return g * uniforms.scale * (number - bitcast<f32>(second[at])); }
    case DEVIATION: {
      let slope = g * uniforms.scale * (number - bitcast<f32>(second[at])) / result;
      return select(slope, 0.0, result == 0.0);
    }
    // log Σ exp
    default: { return g * exp(number - result); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.outer * uniforms.axis * uniforms.inner; i += step) {
    let row = i / uniforms.inner;
    dx[i] = gradient(x[i], (row / uniforms.axis) * uniforms.inner + i - row * uniforms.inner);
  }
}
