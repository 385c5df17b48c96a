// Places along an axis as places in the whole of x [outer, axis, inner]; 0xffffffff where they are not on the axis. Sizes as in take.wgsl.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.time * uniforms.inner;
  let walk = walkOf(launch, lane, uniforms.outer, width);
  for (var column = walk.column; column < width; column += walk.step) {
    let t = column / uniforms.inner;
    let j = column - t * uniforms.inner;
    for (var row = walk.first; row < walk.last; row++) {
      let place = index[row * uniforms.indexOuter + t * uniforms.indexTime + j * uniforms.indexInner];
      flat[row * width + column] = select(0xffffffffu, (row * uniforms.axis + place) * uniforms.inner + j, place < uniforms.axis);
    }
  }
}
