// One function of two elements with broadcasting: out[i0, i1, i2, i3] = f(a[...], b[...]), where an operand's stride
// is 0 along an axis it is broadcast over.
// Prelude: WORKGROUP (invocations per workgroup), OPERATION (one of the constants below), BROADCAST (false: both
// operands have the output's layout), Value (f32 or vec4<f32>) and LANES (elements in one). With LANES 4 the innermost
// axis and every stride but the innermost are multiples of 4, and both innermost strides are 1.
//
// An integer division costs as much as some thirty other operations on a CPU. So when broadcasting an invocation
// divides once, for its first row, and then counts up; lanes are neighbours along the innermost axis.
import fragments::index;

const ADD = 0u;
const SUBTRACT = 1u;
const MULTIPLY = 2u;
const DIVIDE = 3u;
const MINIMUM = 4u;
const MAXIMUM = 5u;
// Gradients of MINIMUM and MAXIMUM: 1 where `a` was chosen, half where both are equal.
const MINIMUM_GRADIENT = 6u;
const MAXIMUM_GRADIENT = 7u;
const RECTIFIED_SUM = 8u;

fn apply(left: Value, right: Value) -> Value {
  let half = Value(0.5);
  switch (OPERATION) {
    case ADD: { return left + right; }
    case SUBTRACT: { return left - right; }
    case MULTIPLY: { return left * right; }
    case DIVIDE: { return left / right; }
    case MINIMUM: { return min(left, right); }
    case MAXIMUM: { return max(left, right); }
    case MINIMUM_GRADIENT: { return select(select(Value(0.0), half, left == right), Value(1.0), left < right); }
    case MAXIMUM_GRADIENT: { return select(select(Value(0.0), half, left == right), Value(1.0), left > right); }
    case RECTIFIED_SUM: { return max(left + right, Value(0.0)); }
    default: { return left; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let piece = groupOf(launch);
  let width = uniforms.n3 / LANES;
  if (!BROADCAST) {
    let step = invocations(launch);
    for (var i = piece * WORKGROUP + lane; i < width; i += step) {
      out[i] = apply(a[i], b[i]);
    }
    return;
  }
  // Workgroups share the rows among themselves; `pieces` of them lie side by side along a row.
  let pieces = min((width + WORKGROUP - 1u) / WORKGROUP, groupCount(launch));
  let shares = groupCount(launch) / pieces;
  let rows = uniforms.n0 * uniforms.n1 * uniforms.n2;
  let share = (rows + shares - 1u) / shares;
  let first = (piece / pieces) * share;
  if (first >= rows) {
    return;
  }
  let last = min(first + share, rows);
  let first2 = first % uniforms.n2;
  let first1 = (first / uniforms.n2) % uniforms.n1;
  let first0 = first / (uniforms.n2 * uniforms.n1);
  for (var column = (piece % pieces) * WORKGROUP + lane; column < width; column += pieces * WORKGROUP) {
    var i0 = first0;
    var i1 = first1;
    var i2 = first2;
    let aColumn = column * uniforms.a3;
    let bColumn = column * uniforms.b3;
    for (var row = first; row < last; row++) {
      let left = a[(i0 * uniforms.a0 + i1 * uniforms.a1 + i2 * uniforms.a2) / LANES + aColumn];
      let right = b[(i0 * uniforms.b0 + i1 * uniforms.b1 + i2 * uniforms.b2) / LANES + bColumn];
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
}
