// One function of two elements with broadcasting: out[i0, i1, i2, i3] = f(a[...], b[...]), where an operand's stride
// is 0 along an axis it is broadcast over.
// Prelude: WORKGROUP (invocations per workgroup), OPERATION (one of the constants below), BROADCAST (false: both
// operands have the output's layout), ROWS (rows one invocation walks through when broadcasting).
//
// An integer division costs as much as some thirty other operations on a CPU. So when broadcasting an invocation
// divides once, for its first row, and then counts up; lanes are neighbours along the innermost axis.

const ADD = 0u;
const SUBTRACT = 1u;
const MULTIPLY = 2u;
const DIVIDE = 3u;
const MINIMUM = 4u;
const MAXIMUM = 5u;
// Gradients of MINIMUM and MAXIMUM: 1 where `a` was chosen, half where both are equal.
const MINIMUM_GRADIENT = 6u;
const MAXIMUM_GRADIENT = 7u;

struct Uniforms {
  n0: u32,
  n1: u32,
  n2: u32,
  n3: u32,
  a0: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  b0: u32,
  b1: u32,
  b2: u32,
  b3: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

fn apply(left: f32, right: f32) -> f32 {
  switch (OPERATION) {
    case ADD: { return left + right; }
    case SUBTRACT: { return left - right; }
    case MULTIPLY: { return left * right; }
    case DIVIDE: { return left / right; }
    case MINIMUM: { return min(left, right); }
    case MAXIMUM: { return max(left, right); }
    case MINIMUM_GRADIENT: { return select(select(0.0, 0.5, left == right), 1.0, left < right); }
    case MAXIMUM_GRADIENT: { return select(select(0.0, 0.5, left == right), 1.0, left > right); }
    default: { return left; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let piece = group.y * groups.x + group.x;
  let width = uniforms.n3;
  if (!BROADCAST) {
    let i = piece * WORKGROUP + lane;
    if (i < width) {
      out[i] = apply(a[i], b[i]);
    }
    return;
  }
  let pieces = (width + WORKGROUP - 1u) / WORKGROUP;
  let column = (piece % pieces) * WORKGROUP + lane;
  let first = (piece / pieces) * ROWS;
  let rows = uniforms.n0 * uniforms.n1 * uniforms.n2;
  if (column >= width || first >= rows) {
    return;
  }
  var i2 = first % uniforms.n2;
  var i1 = (first / uniforms.n2) % uniforms.n1;
  var i0 = first / (uniforms.n2 * uniforms.n1);
  let last = min(first + ROWS, rows);
  for (var row = first; row < last; row++) {
    let left = a[i0 * uniforms.a0 + i1 * uniforms.a1 + i2 * uniforms.a2 + column * uniforms.a3];
    let right = b[i0 * uniforms.b0 + i1 * uniforms.b1 + i2 * uniforms.b2 + column * uniforms.b3];
    out[row * width + column] = apply(left, right);
    i2++;
    if (i2 == uniforms.n2) {
      i2 = 0u;
      i1++;
      if (i1 == uniforms.n1) {
        i1 = 0u;
        i0++;
      }
    }
  }
}
