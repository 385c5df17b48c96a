// One function of several elements with broadcasting: out[i0, i1, i2, i3] = f(a[...], b[...], …), where an operand's stride
// is 0 along an axis it is broadcast over.
// Prelude: WORKGROUP (invocations per workgroup), BROADCAST (false: all operands have the output's layout), LANES (elements taken at
// once). With LANES 4 the innermost axis and every stride but the innermost are multiples of 4, and all innermost strides are 1.
// Fragment `operands` (made from the row of the function): plain(i) is f of the elements i, element(i0, i1, i2, columns) that of the
// elements there, columns = columnsAt(column).
//
// An integer division costs as much as some thirty other operations on a CPU. So when broadcasting an invocation
// divides once, for its first row, and then counts up; lanes are neighbours along the innermost axis.
import fragments::{index, operands};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let piece = groupOf(launch);
  let width = uniforms.n3 / LANES;
  if (!BROADCAST) {
    let step = invocations(launch);
    for (var i = piece * WORKGROUP + lane; i < width; i += step) {
      out[i] = plain(i);
    }
    return;
  }
  // Workgroups share the rows among themselves; `pieces` of them lie side by side along a row.
  let pieces = min((width + WORKGROUP - 1u) / WORKGROUP, groupCount(launch));
  let shares = groupCount(launch) / pieces;
  let rows = uniforms.n0 * uniforms.n1 * uniforms.n2;
  let share = (rows + shares - 1u) / shares;
  let first = (piece / pieces) * share;
  if (first >= rows) {
    return;
  }
  let last = min(first + share, rows);
  let first2 = first % uniforms.n2;
  let first1 = (first / uniforms.n2) % uniforms.n1;
  let first0 = first / (uniforms.n2 * uniforms.n1);
  for (var column = (piece % pieces) * WORKGROUP + lane; column < width; column += pieces * WORKGROUP) {
    var i0 = first0;
    var i1 = first1;
    var i2 = first2;
    let columns = columnsAt(column);
    for (var row = first; row < last; row++) {
      out[row * width + column] = element(i0, i1, i2, columns);
      i2++;
      if (i2 == uniforms.n2) {
        i2 = 0u;
        i1++;
        if (i1 == uniforms.n1) {
          i1 = 0u;
          i0++;
        }
      }
    }
  }
}
