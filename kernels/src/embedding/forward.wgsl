// out[n, :] = Σ_k table[indices[n, k], :]: the product of a one-hot observation with a matrix, as a sum of its rows.
// A workgroup walks its share of the observations; an invocation sums two of the columns' Values at a time, so that what it
// reads of `indices` serves both.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>) and LANES (columns in one, which divides the
// width).
import fragments::launch;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.width / LANES;
  let count = groupCount(launch);
  for (var row = groupOf(launch); row < uniforms.rows; row += count) {
    for (var column = lane; column < width; column += 2u * WORKGROUP) {
      let second = min(column + WORKGROUP, width - 1u);
      var sum0 = Value();
      var sum1 = Value();
      for (var slot = row * uniforms.slots; slot < (row + 1u) * uniforms.slots; slot++) {
        let index = u32(indices[slot]);
        if (index < uniforms.vocabulary) {
          sum0 += table[index * width + column];
          sum1 += table[index * width + second];
        }
      }
      out[row * width + column] = sum0;
      if (column + WORKGROUP < width) {
        out[row * width + second] = sum1;
      }
    }
  }
}
