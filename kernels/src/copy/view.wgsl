// Copies what a strided view of x shows, row by row: out[i0, …, i5] = x[offset + Σ i_k · s_k]. Strides may be 0 (repeat) or negative, as
// 2³² less their size: sums wrap around. Elements are copied as bits, whatever their type.
// Prelude: WORKGROUP (invocations per workgroup), Words (u32 or vec4<u32>) and LANES (elements in one). With LANES 4 the innermost axis,
// the offset and every stride but the innermost are multiples of 4, and the innermost is 1.
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.n5 / LANES;
  let walk = walkOf(launch, lane, uniforms.n0 * uniforms.n1 * uniforms.n2 * uniforms.n3 * uniforms.n4, width);
  let over3 = walk.first / uniforms.n4;
  let over2 = over3 / uniforms.n3;
  let over1 = over2 / uniforms.n2;
  let over0 = over1 / uniforms.n1;
  for (var column = walk.column; column < width; column += walk.step) {
    var i4 = walk.first - over3 * uniforms.n4;
    var i3 = over3 - over2 * uniforms.n3;
    var i2 = over2 - over1 * uniforms.n2;
    var i1 = over1 - over0 * uniforms.n1;
    var at = uniforms.offset + column * LANES * uniforms.s5 + over0 * uniforms.s0 + i1 * uniforms.s1;
    at += i2 * uniforms.s2 + i3 * uniforms.s3 + i4 * uniforms.s4;
    for (var row = walk.first; row < walk.last; row++) {
      out[row * width + column] = x[at / LANES];
      at += uniforms.s4;
      i4++;
      if (i4 < uniforms.n4) {
        continue;
      }
      i4 = 0u;
      i3++;
      at += uniforms.s3 - uniforms.n4 * uniforms.s4;
      if (i3 < uniforms.n3) {
        continue;
      }
      i3 = 0u;
      i2++;
      at += uniforms.s2 - uniforms.n3 * uniforms.s3;
      if (i2 < uniforms.n2) {
        continue;
      }
      i2 = 0u;
      i1++;
      at += uniforms.s1 - uniforms.n2 * uniforms.s2;
      if (i1 == uniforms.n1) {
        i1 = 0u;
        at += uniforms.s0 - uniforms.n1 * uniforms.s1;
      }
    }
  }
}
