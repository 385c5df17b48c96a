// Gradient of one function of each element: dx[i] = dout[i] * f'(x[i]).
// Prelude: WORKGROUP (invocations per workgroup), OPERATION (as in unary.wgsl), Value (f32 or vec4<f32>) and LANES
// (elements in one).
// `saved` holds the function's output for RELU, SIGMOID, TANH, EXP and SQRT, its input x for the others.
// count: elements, a multiple of LANES.
import fragments::index;

const RELU = 0u;
const SIGMOID = 1u;
const TANH = 2u;
const EXP = 3u;
const LOG = 4u;
const SQUARE = 5u;
const SQRT = 6u;
const NEGATE = 7u;
const ABS = 8u;
const CLAMP = 9u;
const SCALE_SHIFT = 10u;

const SMALLEST_NORMAL = 1.1754944e-38;

fn derivative(value: Value) -> Value {
  switch (OPERATION) {
    case RELU: { return select(Value(0.0), Value(1.0), value > Value(0.0)); }
    case SIGMOID: { return value * (1.0 - value); }
    case TANH: { return (1.0 - value) * (1.0 + value); }
    case EXP: { return value; }
    case LOG: { return select(Value(0.0), 1.0 / max(value, Value(SMALLEST_NORMAL)), value > Value(SMALLEST_NORMAL)); }
    case SQUARE: { return 2.0 * value; }
    case SQRT: { return select(Value(0.0), 0.5 / max(value, Value(SMALLEST_NORMAL)), value > Value(0.0)); }
    case NEGATE: { return Value(-1.0); }
    case ABS: { return sign(value); }
    case CLAMP: { return select(Value(0.0), Value(1.0), (value >= Value(uniforms.a)) & (value <= Value(uniforms.b))); }
    case SCALE_SHIFT: { return Value(uniforms.a); }
    default: { return Value(1.0); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count / LANES; i += step) {
    dx[i] = dout[i] * derivative(saved[i]);
  }
}
