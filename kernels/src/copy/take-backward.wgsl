// The gradient of taking few elements along a long axis: dx[o, k, j] = Σ dout[o, t, j] over all t whose place is k, in the order of t.
// Everybody looks through all t. Sizes and places as in take.wgsl.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.axis * uniforms.inner;
  let walk = walkOf(launch, lane, uniforms.outer, width);
  for (var column = walk.column; column < width; column += walk.step) {
    let k = column / uniforms.inner;
    let j = column - k * uniforms.inner;
    for (var row = walk.first; row < walk.last; row++) {
      var sum = 0.0;
      for (var t = 0u; t < uniforms.time; t++) {
        let place = index[row * uniforms.indexOuter + t * uniforms.indexTime + j * uniforms.indexInner];
        sum += select(0.0, dout[(row * uniforms.time + t) * uniforms.inner + j], place == k);
      }
      dx[row * width + column] = sum;
    }
  }
}
