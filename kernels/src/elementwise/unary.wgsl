// One function of each element: out[i] = f(x[i]).
// Prelude: WORKGROUP (invocations per workgroup), OPERATION (one of the constants below, which pick f), Value (f32 or
// vec4<f32>) and LANES (elements in one).
// Arguments of exp and tanh are clamped: WGSL promises nothing beyond the finite numbers.
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

fn apply(value: Value) -> Value {
  switch (OPERATION) {
    case RELU: { return max(value, Value(0.0)); }
    case SIGMOID: { return 1.0 / (1.0 + exp(clamp(-value, Value(-80.0), Value(80.0)))); }
    case TANH: { return tanh(clamp(value, Value(-15.0), Value(15.0))); }
    case EXP: { return exp(clamp(value, Value(-87.0), Value(88.0))); }
    case LOG: { return log(max(value, Value(SMALLEST_NORMAL))); }
    case SQUARE: { return value * value; }
    case SQRT: { return sqrt(max(value, Value(0.0))); }
    case NEGATE: { return -value; }
    case ABS: { return abs(value); }
    case CLAMP: { return clamp(value, Value(uniforms.a), Value(uniforms.b)); }
    case SCALE_SHIFT: { return uniforms.a * value + uniforms.b; }
    default: { return value; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count / LANES; i += step) {
    out[i] = apply(x[i]);
  }
}
