// Moves rows by a list of row numbers, as bits, whatever the type of the elements:
//   gather:  out[i, :] = x[index[i], :], zeros where index[i] is not a row of x
//   scatter: out[index[i], :] = x[i, :], nothing where index[i] is not a row of out; the indices must differ
// Prelude: WORKGROUP (invocations per workgroup), SCATTER, Words (u32 or vec4<u32>) and LANES (elements in one, which
// divides the columns).
// rows: entries of `index`.
// indexed: rows of the side that is indexed: x when gathering, out when scattering.
import fragments::rows;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.columns / LANES;
  let walk = walkOf(launch, lane, uniforms.rows, width);
  for (var column = walk.column; column < width; column += walk.step) {
    for (var row = walk.first; row < walk.last; row++) {
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
