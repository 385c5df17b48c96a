// A window onto x [outer, xTime, xWidth], zeros where it looks past the edge: out[i, t, j] = x[i, t + shiftTime, j + shiftWidth]. A slice, and
// its gradient with the slice's place in the whole. Elements are copied as bits, whatever their type.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let walk = walkOf(launch, lane, uniforms.outer * uniforms.time, uniforms.width);
  for (var j = walk.column; j < uniforms.width; j += walk.step) {
    let origin = i32(j) + uniforms.shiftWidth;
    let insideWidth = origin >= 0 && origin < i32(uniforms.xWidth);
    var i = walk.first / uniforms.time;
    var t = walk.first % uniforms.time;
    for (var row = walk.first; row < walk.last; row++) {
      let at = i32(t) + uniforms.shiftTime;
      var value = 0u;
      if (insideWidth && at >= 0 && at < i32(uniforms.xTime)) {
        value = x[(i * uniforms.xTime + u32(at)) * uniforms.xWidth + u32(origin)];
      }
      out[row * uniforms.width + j] = value;
      t++;
      if (t == uniforms.time) {
        t = 0u;
        i++;
      }
    }
  }
}
