// Puts the middle axis of x [outer, xAxis, inner] into a longer or shorter one, every `step` places from `before` on, and `value` around
// and between: out[i, t, j] = x[i, (t − before) / step, j] where there is such an element. Elements are copied as bits.
// Prelude: WORKGROUP (invocations per workgroup).
// before: where x begins in out, wrapped around where it is negative.
// value: the bits of what is put where x is not.
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.axis * uniforms.inner;
  let xWidth = uniforms.xAxis * uniforms.inner;
  let walk = walkOf(launch, lane, uniforms.outer, width);
  for (var column = walk.column; column < width; column += walk.step) {
    let t = column / uniforms.inner;
    // Before the beginning this wraps around to past the end.
    let distance = t - uniforms.before;
    let place = distance / uniforms.step;
    let inside = place < uniforms.xAxis && place * uniforms.step == distance;
    let origin = place * uniforms.inner + column - t * uniforms.inner;
    for (var row = walk.first; row < walk.last; row++) {
      var value = uniforms.value;
      if (inside) {
        value = x[row * xWidth + origin];
      }
      out[row * width + column] = value;
    }
  }
}
