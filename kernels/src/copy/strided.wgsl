// Copies a block of up to four axes between two strided layouts: slices, concatenation, broadcasts and transposes.
//   out[outOffset + Σ i_k · o_k] = x[xOffset + Σ i_k · x_k]
// Elements are copied as bits, whatever their type.
// Prelude: WORKGROUP (invocations per workgroup), ACCUMULATE (add f32 to `out`), Words (u32 or vec4<u32>), Value (f32 or
// vec4<f32>) and LANES (elements in one). With LANES 4 the innermost axis, both offsets and every stride but the innermost
// are multiples of 4, and both innermost strides are 1.
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.n3 / LANES;
  let walk = walkOf(launch, lane, uniforms.n0 * uniforms.n1 * uniforms.n2, width);
  let first2 = walk.first % uniforms.n2;
  let first1 = (walk.first / uniforms.n2) % uniforms.n1;
  let first0 = walk.first / (uniforms.n2 * uniforms.n1);
  for (var column = walk.column; column < width; column += walk.step) {
    var i0 = first0;
    var i1 = first1;
    var i2 = first2;
    let xColumn = uniforms.xOffset / LANES + column * uniforms.x3;
    let outColumn = uniforms.outOffset / LANES + column * uniforms.o3;
    for (var row = walk.first; row < walk.last; row++) {
      let value = x[xColumn + (i0 * uniforms.x0 + i1 * uniforms.x1 + i2 * uniforms.x2) / LANES];
      let at = outColumn + (i0 * uniforms.o0 + i1 * uniforms.o1 + i2 * uniforms.o2) / LANES;
      if (ACCUMULATE) {
        out[at] = bitcast<Words>(bitcast<Value>(out[at]) + bitcast<Value>(value));
      } else {
        out[at] = value;
      }
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
