// Two tensors side by side, the second one moved in time: out[i, t, :] = (x[i, t, :], h[i, t − lag, :]), zeros before h begins. Elements are
// copied as bits, whatever their type.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.xWidth + uniforms.hWidth;
  let walk = walkOf(launch, lane, uniforms.outer * uniforms.time, width);
  for (var j = walk.column; j < width; j += walk.step) {
    var i = walk.first / uniforms.time;
    var t = walk.first % uniforms.time;
    for (var row = walk.first; row < walk.last; row++) {
      var value = 0u;
      if (j < uniforms.xWidth) {
        value = x[(i * uniforms.xTime + t) * uniforms.xWidth + j];
      } else if (t >= uniforms.lag) {
        value = h[(i * uniforms.hTime + t - uniforms.lag) * uniforms.hWidth + j - uniforms.xWidth];
      }
      out[row * width + j] = value;
      t++;
      if (t == uniforms.time) {
        t = 0u;
        i++;
      }
    }
  }
}
