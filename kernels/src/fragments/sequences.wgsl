// Sequences of a batch, and where their steps lie in the buffers. Padded, a sequence has `time` rows one after the other, and holds its state
// from its length on. Packed (`rows` > 0), sequences, longest first, lie time after time, all that have a step at it; `lengths` says
// behind the lengths where those of each time begin and the last end. Uniforms: batch, time, withLengths, reverse, rows; buffer: lengths.

fn packed() -> bool {
  return uniforms.rows > 0u;
}

fn lengthOf(sequence: u32) -> u32 {
  if (uniforms.withLengths == 1u) {
    return lengths[sequence];
  }
  return uniforms.time;
}

/** Steps of a sequence, or of several of which the longest has that length. */
fn stepsOf(length: u32) -> u32 {
  return select(uniforms.time, length, packed());
}

/** The time of the step that so many others come before. */
fn timeOf(step: u32, steps: u32) -> u32 {
  return select(step, steps - 1u - step, uniforms.reverse == 1u);
}

/** Row of the buffers of a sequence's step. */
fn placeOf(sequence: u32, t: u32) -> u32 {
  return sequence * select(uniforms.time, 1u, packed()) + select(t, lengths[uniforms.batch + t], packed());
}

/** The first row left over behind packed ones; only below `rows`. */
fn leftOver() -> u32 {
  return lengths[uniforms.batch + uniforms.time];
}
