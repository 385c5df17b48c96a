// Transposes matrices that lie strided in x, 4 × 4 numbers at a time in registers: out[i0, i1, i2, r, c] = x[offset + Σ i_k · s_k + r +
// c · s5]. An axis between r and c, of n4, lies inside r in out. Elements are copied as bits.
// Prelude: WORKGROUP (invocations per workgroup). r, c, the offset and all strides are multiples of 4.
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.columns / 4u;
  let blocks = uniforms.rows / 4u;
  let walk = walkOf(launch, lane, uniforms.n0 * uniforms.n1 * uniforms.n2 * uniforms.n4 * blocks, width);
  for (var row = walk.first; row < walk.last; row++) {
    let over4 = row / blocks;
    let over2 = over4 / uniforms.n4;
    let over1 = over2 / uniforms.n2;
    let over0 = over1 / uniforms.n1;
    let i4 = over4 - over2 * uniforms.n4;
    let r = 4u * (row - over4 * blocks);
    let i2 = over2 - over1 * uniforms.n2;
    let i1 = over1 - over0 * uniforms.n1;
    let origin = uniforms.offset + over0 * uniforms.s0 + i1 * uniforms.s1 + i2 * uniforms.s2 + i4 * uniforms.s4 + r;
    let goal = ((over2 * uniforms.rows + r) * uniforms.n4 + i4) * uniforms.columns;
    let down = uniforms.n4 * uniforms.columns;
    for (var column = walk.column; column < width; column += walk.step) {
      let at = (origin + 4u * column * uniforms.s5) / 4u;
      let right = uniforms.s5 / 4u;
      let a = x[at];
      let b = x[at + right];
      let c = x[at + 2u * right];
      let d = x[at + 3u * right];
      let to = goal / 4u + column;
      out[to] = vec4<u32>(a.x, b.x, c.x, d.x);
      out[to + down / 4u] = vec4<u32>(a.y, b.y, c.y, d.y);
      out[to + down / 2u] = vec4<u32>(a.z, b.z, c.z, d.z);
      out[to + 3u * (down / 4u)] = vec4<u32>(a.w, b.w, c.w, d.w);
    }
  }
}
