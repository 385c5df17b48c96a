// c = Σ parts, or c += Σ parts: parts of `whole` elements each, added in order over their first `count`; the `rows` sums in them from `sumsAt`
// on are added to `sums`. One invocation an element.
// Prelude: WORKGROUP (invocations per workgroup), ACCUMULATE (bool).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count + uniforms.rows; i += stride) {
    let isSum = i >= uniforms.count;
    let at = select(i, uniforms.sumsAt + i - uniforms.count, isSum);
    var sum = 0.0;
    for (var part = 0u; part < uniforms.parts; part++) {
      sum += parts[part * uniforms.whole + at];
    }
    if (isSum) {
      sums[i - uniforms.count] += sum;
      continue;
    }
    if (ACCUMULATE) {
      sum += c[i];
    }
    c[i] = sum;
  }
}
