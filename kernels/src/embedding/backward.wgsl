// dTable[v, :] += Σ over every place of v in `indices` of dOut at its row, in the order of the rows.
// Prelude: WORKGROUP (columns a workgroup owns), BY_SLOT (whether each table row occurs in one slot only).
//
// BY_SLOT: a workgroup owns one slot and the table rows that occur in it, so it walks the observations once and adds in
// place; nobody else touches those rows. Otherwise a workgroup owns one table row and searches every slot for it.

struct Uniforms {
  rows: u32,
  slots: u32,
  width: u32,
  vocabulary: u32,
}

@group(0) @binding(0) var<storage, read> indices: array<i32>;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read_write> dTable: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column = group.z * WORKGROUP + lane;
  let own = group.y * groups.x + group.x;
  if (column >= uniforms.width) {
    return;
  }
  if (BY_SLOT) {
    if (own >= uniforms.slots) {
      return;
    }
    for (var row = 0u; row < uniforms.rows; row++) {
      let index = indices[row * uniforms.slots + own];
      if (index >= 0 && u32(index) < uniforms.vocabulary) {
        dTable[u32(index) * uniforms.width + column] += dOut[row * uniforms.width + column];
      }
    }
    return;
  }
  if (own >= uniforms.vocabulary) {
    return;
  }
  var sum = 0.0;
  for (var row = 0u; row < uniforms.rows; row++) {
    for (var slot = 0u; slot < uniforms.slots; slot++) {
      if (indices[row * uniforms.slots + slot] == i32(own)) {
        sum += dOut[row * uniforms.width + column];
      }
    }
  }
  dTable[own * uniforms.width + column] += sum;
}
