// What each chunk of a long axis comes to: the first of two launches of a scan. Prelude: as in scan.wgsl.
import fragments::{index, chunks, operator};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let all = invocations(launch);
  for (var i = indexOf(launch, lane); i < chunksInAll(); i += all) {
    let chunk = chunkOf(i);
    var item = identity();
    for (var step = chunk.begin; step < chunk.end; step++) {
      let t = select(step, uniforms.time - 1u - step, uniforms.reverse == 1u);
      item = combine(item, itemAt((chunk.outer * uniforms.time + t) * chunk.width + chunk.unit, t));
    }
    totals[i] = item;
  }
}
