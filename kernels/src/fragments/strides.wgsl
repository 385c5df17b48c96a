// Which place of an output reads a place of its input, where a window moves by strides. Prelude: UNIT (bool: all strides are 1).

/** The step at which the window begins at `at`; past every end where there is none, as `at` is where it wrapped around. */
fn strideOf(at: u32, stride: u32) -> u32 {
  if (UNIT) {
    return at;
  }
  return select(0xffffffffu, at / stride, at < 0x80000000u && at % stride == 0u);
}
