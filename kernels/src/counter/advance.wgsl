// Adds 1 to a number that later launches read: the time step, or the step of random numbers.
// Prelude: WIDE (the number has 64 bits, the low word first).

struct Uniforms {
  // Place of the (low) word.
  at: u32,
}

@group(0) @binding(0) var<storage, read_write> counter: array<u32>;
@group(0) @binding(1) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(1)
fn main() {
  let next = counter[uniforms.at] + 1u;
  counter[uniforms.at] = next;
  if (WIDE && next == 0u) {
    counter[uniforms.at + 1u]++;
  }
}
