// Moves rows of up to three tensors by one list of row numbers, as bits; gather and scatter as in rows.wgsl.
// Prelude: WORKGROUP (invocations per workgroup), SCATTER.
// rows: entries of `index`.
// indexed: rows of the side that is indexed.
import fragments::rows;

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
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.columns0 + uniforms.columns1 + uniforms.columns2;
  let walk = walkOf(launch, lane, uniforms.rows, width);
  for (var column = walk.column; column < width; column += walk.step) {
    for (var row = walk.first; row < walk.last; row++) {
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
