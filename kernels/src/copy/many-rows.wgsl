// Moves rows of up to three tensors by one list of row numbers, as bits; gather and scatter as in rows.wgsl.
// Prelude: WORKGROUP (invocations per workgroup), SCATTER.

struct Uniforms {
  // Entries of `index`.
  rows: u32,
  columns0: u32,
  columns1: u32,
  columns2: u32,
  // Rows of the side that is indexed.
  indexed: u32,
}

@group(0) @binding(0) var<storage, read> index: array<u32>;
@group(0) @binding(1) var<storage, read> x0: array<u32>;
@group(0) @binding(2) var<storage, read> x1: array<u32>;
@group(0) @binding(3) var<storage, read> x2: array<u32>;
@group(0) @binding(4) var<storage, read_write> out0: array<u32>;
@group(0) @binding(5) var<storage, read_write> out1: array<u32>;
@group(0) @binding(6) var<storage, read_write> out2: array<u32>;
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

/** Moves one element of row `origin`, or zero, to row `goal`; `column` counts through all three. */
fn transfer(column: u32, origin: u32, goal: u32, inside: bool) {
  if (column < uniforms.columns0) {
    out0[goal * uniforms.columns0 + column] = select(0u, x0[origin * uniforms.columns0 + column], inside);
    return;
  }
  let second = column - uniforms.columns0;
  if (second < uniforms.columns1) {
    out1[goal * uniforms.columns1 + second] = select(0u, x1[origin * uniforms.columns1 + second], inside);
    return;
  }
  let third = second - uniforms.columns1;
  out2[goal * uniforms.columns2 + third] = select(0u, x2[origin * uniforms.columns2 + third], inside);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let piece = group.y * groups.x + group.x;
  let width = uniforms.columns0 + uniforms.columns1 + uniforms.columns2;
  let pieces = min((width + WORKGROUP - 1u) / WORKGROUP, groups.x * groups.y);
  let shares = groups.x * groups.y / pieces;
  let share = (uniforms.rows + shares - 1u) / shares;
  let first = (piece / pieces) * share;
  let last = min(first + share, uniforms.rows);
  for (var column = (piece % pieces) * WORKGROUP + lane; column < width; column += pieces * WORKGROUP) {
    for (var row = first; row < last; row++) {
      let other = index[row];
      let inside = other < uniforms.indexed;
      if (!SCATTER) {
        transfer(column, select(0u, other, inside), row, inside);
      } else if (inside) {
        transfer(column, row, other, true);
      }
    }
  }
}
