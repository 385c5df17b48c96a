// dTable[v, :] += Σ over every place of v in `indices` of dOut at its row, in the order of the rows.
// A workgroup owns SLOTS neighbouring slots and a stretch of columns, two Values to an invocation: it walks the
// observations once and adds in place. Nobody else touches what it adds to, as each table row occurs in one slot only, or
// else SLOTS is all of them. Each part of the rows has workgroups of its own, and a table behind the one before.
// Prelude: WORKGROUP (invocations per workgroup), SLOTS (slots per workgroup), Value (f32 or vec4<f32>) and LANES (columns in
// one, which divides the width).
import fragments::tiles;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.width / LANES;
  let tile = tileOf(launch, max(1u, (uniforms.slots + SLOTS - 1u) / SLOTS), max(1u, (width + 2u * WORKGROUP - 1u) / (2u * WORKGROUP)));
  let column = tile.row * 2u * WORKGROUP + lane;
  if (column >= width || tile.matrix >= uniforms.parts) {
    return;
  }
  let second = column + WORKGROUP;
  let first = tile.column * SLOTS;
  let end = min(first + SLOTS, uniforms.slots);
  let part = (uniforms.rows + uniforms.parts - 1u) / uniforms.parts;
  let last = min((tile.matrix + 1u) * part, uniforms.rows);
  let table = tile.matrix * uniforms.vocabulary * width;
  for (var row = tile.matrix * part; row < last; row++) {
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
