// Two tensors side by side, the second one moved in time: out[i, t, :] = (x[i, t, :], h[i, t − lag, :]), zeros before h begins. Elements are
// copied as bits, whatever their type.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::launch;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let piece = groupOf(launch);
  let width = uniforms.xWidth + uniforms.hWidth;
  let pieces = min((width + WORKGROUP - 1u) / WORKGROUP, groupCount(launch));
  // Workgroups share the rows as in strided.wgsl.
  let shares = groupCount(launch) / pieces;
  let rows = uniforms.outer * uniforms.time;
  let share = (rows + shares - 1u) / shares;
  let first = (piece / pieces) * share;
  let last = min(first + share, rows);
  for (var j = (piece % pieces) * WORKGROUP + lane; j < width; j += pieces * WORKGROUP) {
    var i = first / uniforms.time;
    var t = first % uniforms.time;
    for (var row = first; row < last; row++) {
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
