// Elements of x [outer, axis, inner] by their places along the axis, as bits:
//   take: out[o, t, j] = x[o, place, j], `missing` where place is not on the axis
//   put:  out[o, place, j] = x[o, t, j], nothing where place is not on the axis; places of one o and j must differ
// with place = index[o · indexOuter + t · indexTime + j · indexInner].
// Prelude: WORKGROUP (invocations per workgroup), PUT.
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.time * uniforms.inner;
  let indexed = uniforms.axis * uniforms.inner;
  let walk = walkOf(launch, lane, uniforms.outer, width);
  for (var column = walk.column; column < width; column += walk.step) {
    let t = column / uniforms.inner;
    let j = column - t * uniforms.inner;
    let indexAt = t * uniforms.indexTime + j * uniforms.indexInner;
    for (var row = walk.first; row < walk.last; row++) {
      let place = index[row * uniforms.indexOuter + indexAt];
      let inside = place < uniforms.axis;
      let at = row * indexed + select(0u, place, inside) * uniforms.inner + j;
      if (!PUT) {
        out[row * width + column] = select(uniforms.missing, x[at], inside);
      } else if (inside) {
        out[at] = x[row * width + column];
      }
    }
  }
}
