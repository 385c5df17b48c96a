// An inclusive scan along the middle axis of [outer, time, width] by any associative operator, from left to right or, with `reverse`, from right
// to left. An invocation takes LANES neighbours of the width over a chunk of the axis, one element after the other, and starts from what the
// chunks before it come to (totals.wgsl), which it joins in their order: the same launch gives the same bits.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>) and LANES (elements in one, dividing the width).
import fragments::{index, chunks, operator, keep, joined};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let all = invocations(launch);
  for (var i = indexOf(launch, lane); i < chunksInAll(); i += all) {
    let chunk = chunkOf(i);
    var item = joined(startAt(chunk.outer * chunk.width + chunk.unit), i, chunk);
    for (var step = chunk.begin; step < chunk.end; step++) {
      let t = select(step, uniforms.time - 1u - step, uniforms.reverse == 1u);
      let at = (chunk.outer * uniforms.time + t) * chunk.width + chunk.unit;
      item = combine(item, itemAt(at, t));
      keepAt(at, t, item);
    }
  }
}
