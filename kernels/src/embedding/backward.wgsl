// dTable[v, :] += Σ over every place of v in `indices` of dOut at its row, in the order of the rows.
// A workgroup owns SLOTS neighbouring slots and a stretch of columns, two Values to an invocation: it walks the
// observations once and adds in place. Nobody else touches what it adds to, as each table row occurs in one slot only, or
// else SLOTS is all of them. Workgroups along z have a part of the rows each, and a table of their own behind the one before.
// Prelude: WORKGROUP (invocations per workgroup), SLOTS (slots per workgroup), Value (f32 or vec4<f32>) and LANES (columns in
// one, which divides the width).
import fragments::launch;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.width / LANES;
  let column = launch.group.y * 2u * WORKGROUP + lane;
  if (column >= width) {
    return;
  }
  let second = column + WORKGROUP;
  let first = launch.group.x * SLOTS;
  let end = min(first + SLOTS, uniforms.slots);
  let part = (uniforms.rows + launch.groups.z - 1u) / launch.groups.z;
  let last = min((launch.group.z + 1u) * part, uniforms.rows);
  let table = launch.group.z * uniforms.vocabulary * width;
  for (var row = launch.group.z * part; row < last; row++) {
    let gradient0 = dOut[row * width + column];
    let gradient1 = dOut[row * width + min(second, width - 1u)];
    for (var slot = row * uniforms.slots + first; slot < row * uniforms.slots + end; slot++) {
      let index = u32(indices[slot]);
      if (index < uniforms.vocabulary) {
        dTable[table + index * width + column] += gradient0;
        if (second < width) {
          dTable[table + index * width + second] += gradient1;
        }
      }
    }
  }
}
