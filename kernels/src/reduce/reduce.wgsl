// Reduces the middle axis of x [outer, axis, inner] to `parts` values: out [outer, parts, inner], where part p takes
// elements p, p + parts, p + 2·parts, … of the axis. With parts = 1 that is the whole reduction; a long axis with few
// outputs takes two launches, the second over the parts of the first. Every sum has one fixed order.
// Prelude: WORKGROUP (invocations per workgroup), OPERATION (0: a sum, or the constant below), ROOT (write the square root
// of the result), ACCUMULATE (add to `out` what it would have been set to), Value (f32 or vec4<f32>) and LANES (elements in
// one, dividing inner · parts).
//
// Neighbouring lanes have neighbouring (part, inner) and so read neighbouring addresses.
import fragments::index;

const SUM_OF_SQUARES = 1u;

fn join(total: Value, value: Value) -> Value {
  return total + select(value, value * value, OPERATION == SUM_OF_SQUARES);
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  // In units of LANES elements: a step along the axis from one element of a part to its next.
  let stride = uniforms.parts * uniforms.inner / LANES;
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
    var total0 = Value(0.0);
    var total1 = Value(0.0);
    var total2 = Value(0.0);
    var total3 = Value(0.0);
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
    var result = uniforms.scale * ((total0 + total1) + (total2 + total3));
    if (ROOT) {
      result = sqrt(result);
    }
    if (ACCUMULATE) {
      result += out[i];
    }
    out[i] = result;
  }
}
