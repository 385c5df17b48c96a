// out[n, :] = Σ_k table[indices[n, k], :]: the product of a one-hot observation with a matrix, as a sum of its rows.
// Prelude: WORKGROUP (columns a workgroup walks together), ROWS (observations a workgroup computes, one after another).
//
// A workgroup belongs to its observations, so indices are the same for all its lanes and lanes are neighbouring columns.

struct Uniforms {
  rows: u32,
  slots: u32,
  width: u32,
  vocabulary: u32,
}

@group(0) @binding(0) var<storage, read> indices: array<i32>;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (group.y * groups.x + group.x) * ROWS;
  let last = min(first + ROWS, uniforms.rows);
  for (var row = first; row < last; row++) {
    for (var column = lane; column < uniforms.width; column += WORKGROUP) {
      var sum = 0.0;
      for (var slot = 0u; slot < uniforms.slots; slot++) {
        let index = indices[row * uniforms.slots + slot];
        if (index >= 0 && u32(index) < uniforms.vocabulary) {
          sum += table[u32(index) * uniforms.width + column];
        }
      }
      out[row * uniforms.width + column] = sum;
    }
  }
}
