// One function of each element: out[i] = f(x[i]).
// Prelude: WORKGROUP (invocations per workgroup), OPERATION (one of the constants below, which pick f).
// Arguments of exp and tanh are clamped: WGSL promises nothing beyond the finite numbers.

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

struct Uniforms {
  count: u32,
  a: f32,
  b: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> uniforms: Uniforms;

fn apply(value: f32) -> f32 {
  switch (OPERATION) {
    case RELU: { return max(value, 0.0); }
    case SIGMOID: { return 1.0 / (1.0 + exp(clamp(-value, -80.0, 80.0))); }
    case TANH: { return tanh(clamp(value, -15.0, 15.0)); }
    case EXP: { return exp(clamp(value, -87.0, 88.0)); }
    case LOG: { return log(max(value, SMALLEST_NORMAL)); }
    case SQUARE: { return value * value; }
    case SQRT: { return sqrt(max(value, 0.0)); }
    case NEGATE: { return -value; }
    case ABS: { return abs(value); }
    case CLAMP: { return clamp(value, uniforms.a, uniforms.b); }
    case SCALE_SHIFT: { return uniforms.a * value + uniforms.b; }
    default: { return value; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (i >= uniforms.count) {
    return;
  }
  out[i] = apply(x[i]);
}
