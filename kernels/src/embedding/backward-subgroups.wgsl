// dTable[v, :] += Σ over every place of v in `indices` of dOut at its row, where each table row occurs in one slot only and
// a workgroup is one subgroup. A workgroup owns a slot. It finds the least and greatest table row that occurs there and
// takes those one by one: the lanes search the observations for it side by side, then add up what they found, in order and
// in registers, each lane its own columns. Table rows that do not occur in the slot are left alone: they belong to others.
// Prelude: LANES (subgroup size), VECTORS (vec4s of a row per lane: width = 4 · LANES · VECTORS).
enable subgroups;
import fragments::launch;

// All lanes of the subgroup have the same `least` and `end`, which the analysis of uniformity does not see.
@diagnostic(off, subgroup_uniformity)
@compute @workgroup_size(LANES)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let slot = groupOf(launch);
  if (slot >= uniforms.slots) {
    return;
  }
  let rows = uniforms.rows;
  var ownLeast = uniforms.vocabulary;
  var ownEnd = 0u;
  for (var row = lane; row < rows; row += LANES) {
    let index = u32(indices[row * uniforms.slots + slot]);
    if (index < uniforms.vocabulary) {
      ownLeast = min(ownLeast, index);
      ownEnd = max(ownEnd, index + 1u);
    }
  }
  let least = subgroupMin(ownLeast);
  let end = subgroupMax(ownEnd);
  for (var index = least; index < end; index++) {
    var sum: array<vec4<f32>, VECTORS>;
    for (var i = 0u; i < VECTORS; i++) {
      sum[i] = vec4<f32>();
    }
    var occurs = false;
    for (var first = 0u; first < rows; first += LANES) {
      let row = min(first + lane, rows - 1u);
      var found = subgroupBallot(first + lane < rows && u32(indices[row * uniforms.slots + slot]) == index).x;
      while (found != 0u) {
        let at = (first + firstTrailingBit(found)) * LANES * VECTORS + lane;
        for (var i = 0u; i < VECTORS; i++) {
          sum[i] += dOut[at + i * LANES];
        }
        found &= found - 1u;
        occurs = true;
      }
    }
    if (occurs) {
      for (var i = 0u; i < VECTORS; i++) {
        dTable[(index * VECTORS + i) * LANES + lane] += sum[i];
      }
    }
  }
}
