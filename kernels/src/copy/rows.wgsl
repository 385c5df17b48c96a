// Moves rows by a list of row numbers, as bits, whatever the type of the elements:
//   gather:  out[i, :] = x[index[i], :], zeros where index[i] is not a row of x
//   scatter: out[index[i], :] = x[i, :], nothing where index[i] is not a row of out; the indices must differ
// Prelude: WORKGROUP (invocations per workgroup), COLUMNS (row length), SCATTER.

struct Uniforms {
  // Entries of `index`.
  rows: u32,
  // Rows of the side that is indexed: x when gathering, out when scattering.
  indexed: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + lane;
  let row = i / COLUMNS;
  if (row >= uniforms.rows) {
    return;
  }
  let column = i % COLUMNS;
  let other = index[row];
  let inside = other < uniforms.indexed;
  if (SCATTER) {
    if (inside) {
      out[other * COLUMNS + column] = x[i];
    }
  } else if (inside) {
    out[i] = x[other * COLUMNS + column];
  } else {
    out[i] = 0u;
  }
}
