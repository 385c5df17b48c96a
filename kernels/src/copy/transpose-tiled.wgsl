// As transpose.wgsl, for GPUs and any sizes: a workgroup brings a tile over workgroup memory, so that neighbouring invocations read
// neighbouring numbers and write neighbouring numbers.
// Prelude: TILE (numbers along a side of a tile), STRIPE (rows of a tile that the workgroup's TILE · STRIPE invocations take at a time).
import fragments::launch;

// One longer than the tile: a column's numbers lie in different banks.
var<workgroup> tile: array<u32, TILE * (TILE + 1u)>;

@compute @workgroup_size(TILE * STRIPE)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let across = (uniforms.columns + TILE - 1u) / TILE;
  let along = (uniforms.rows + TILE - 1u) / TILE;
  let item = groupOf(launch);
  // The grid may be folded past the last tile; a workgroup leaves as a whole.
  if (item >= uniforms.n0 * uniforms.n1 * uniforms.n2 * uniforms.n4 * along * across) {
    return;
  }
  let rowTile = item / across;
  let column0 = (item - rowTile * across) * TILE;
  let over4 = rowTile / along;
  let row0 = (rowTile - over4 * along) * TILE;
  let over2 = over4 / uniforms.n4;
  let i4 = over4 - over2 * uniforms.n4;
  let over1 = over2 / uniforms.n2;
  let over0 = over1 / uniforms.n1;
  let i2 = over2 - over1 * uniforms.n2;
  let i1 = over1 - over0 * uniforms.n1;
  let origin = uniforms.offset + over0 * uniforms.s0 + i1 * uniforms.s1 + i2 * uniforms.s2 + i4 * uniforms.s4;
  let place = lane % TILE;
  for (var stripe = lane / TILE; stripe < TILE; stripe += STRIPE) {
    if (row0 + place < uniforms.rows && column0 + stripe < uniforms.columns) {
      tile[stripe * (TILE + 1u) + place] = x[origin + row0 + place + (column0 + stripe) * uniforms.s5];
    }
  }
  workgroupBarrier();
  for (var stripe = lane / TILE; stripe < TILE; stripe += STRIPE) {
    if (row0 + stripe < uniforms.rows && column0 + place < uniforms.columns) {
      let row = over2 * uniforms.rows + row0 + stripe;
      out[(row * uniforms.n4 + i4) * uniforms.columns + column0 + place] = tile[place * (TILE + 1u) + stripe];
    }
  }
}
