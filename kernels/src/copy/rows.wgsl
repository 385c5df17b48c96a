// Moves rows by a list of row numbers, as bits, whatever the type of the elements:
//   gather:  out[i, :] = x[index[i], :], zeros where index[i] is not a row of x
//   scatter: out[index[i], :] = x[i, :], nothing where index[i] is not a row of out; the indices must differ
// Prelude: WORKGROUP (invocations per workgroup), SCATTER, Words (u32 or vec4<u32>) and LANES (elements in one, which
// divides the columns).
// Lanes are neighbours along a row, workgroups share the rows as in elementwise/binary.wgsl.

struct Uniforms {
  // Entries of `index`.
  rows: u32,
  columns: u32,
  // Rows of the side that is indexed: x when gathering, out when scattering.
  indexed: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Words>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<Words>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let piece = group.y * groups.x + group.x;
  let width = uniforms.columns / LANES;
  let pieces = min((width + WORKGROUP - 1u) / WORKGROUP, groups.x * groups.y);
  let shares = groups.x * groups.y / pieces;
  let share = (uniforms.rows + shares - 1u) / shares;
  let first = (piece / pieces) * share;
  let last = min(first + share, uniforms.rows);
  for (var column = (piece % pieces) * WORKGROUP + lane; column < width; column += pieces * WORKGROUP) {
    for (var row = first; row < last; row++) {
      let other = index[row];
      let inside = other < uniforms.indexed;
      if (SCATTER) {
        if (inside) {
          out[other * width + column] = x[row * width + column];
        }
      } else if (inside) {
        out[row * width + column] = x[other * width + column];
      } else {
        out[row * width + column] = Words(0u);
      }
    }
  }
}
