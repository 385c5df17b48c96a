// Adds 1 to a number that later launches read: the time step, or the step of random numbers.
// Prelude: WIDE (the number has 64 bits, the low word first).
// at: place of the (low) word.

@compute @workgroup_size(1)
fn main() {
  let next = counter[uniforms.at] + 1u;
  counter[uniforms.at] = next;
  if (WIDE && next == 0u) {
    counter[uniforms.at + 1u]++;
  }
}
