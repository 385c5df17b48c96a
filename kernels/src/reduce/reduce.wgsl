// Reduces the middle axis of x [outer, axis, inner] to `parts` values: out [outer, parts, inner], where part p takes
// elements p, p + parts, p + 2·parts, … of the axis. With parts = 1 that is the whole reduction; a long axis with few
// outputs takes two launches, the second over the parts of the first. Every sum has one fixed order.
// Prelude: WORKGROUP (invocations per workgroup), OPERATION (one of the constants below), ROOT (write the square root
// of the result), ACCUMULATE (add to `out` what it would have been set to), Value (f32 or vec4<f32>) and LANES (elements in
// one, dividing inner · parts).
//
// Neighbouring lanes have neighbouring (part, inner) and so read neighbouring addresses.
import fragments::index;

const SUM = 0u;
const MAXIMUM = 1u;
const SUM_OF_SQUARES = 2u;

const LOWEST = -3.4028234e38;

fn join(total: Value, value: Value) -> Value {
  switch (OPERATION) {
    case SUM_OF_SQUARES: { return total + value * value; }
    case MAXIMUM: { return max(total, value); }
    default: { return total + value; }
  }
}

fn joinTotals(left: Value, right: Value) -> Value {
  if (OPERATION == MAXIMUM) {
    return max(left, right);
  }
  return left + right;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  // In units of LANES elements: a step along the axis from one element of a part to its next.
  let stride = uniforms.parts * uniforms.inner / LANES;
  let start = select(Value(0.0), Value(LOWEST), OPERATION == MAXIMUM);
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.outer * stride; i += step) {
    let outer = i / stride;
    let column = i - outer * stride;
    var count = uniforms.axis;
    if (uniforms.parts > 1u) {
      let part = column * LANES / uniforms.inner;
      count = (uniforms.axis - part + uniforms.parts - 1u) / uniforms.parts;
    }
    var at = outer * (uniforms.axis * uniforms.inner / LANES) + column;

    // Four totals: the additions do not wait for one another, and each total rounds a quarter as often.
    var total0 = start;
    var total1 = start;
    var total2 = start;
    var total3 = start;
    var k = 0u;
    for (; k + 4u <= count; k += 4u) {
      total0 = join(total0, x[at]);
      total1 = join(total1, x[at + stride]);
      total2 = join(total2, x[at + 2u * stride]);
      total3 = join(total3, x[at + 3u * stride]);
      at += 4u * stride;
    }
    for (; k < count; k++) {
      total0 = join(total0, x[at]);
      at += stride;
    }
    var result = uniforms.scale * joinTotals(joinTotals(total0, total1), joinTotals(total2, total3));
    if (ROOT) {
      result = sqrt(result);
    }
    if (ACCUMULATE) {
      result += out[i];
    }
    out[i] = result;
  }
}
