// Which windows read a place of an image; uniforms as for windows.wgsl. Prelude: UNIT (bool: both strides are 1).

struct Place {
  /** The first row of its image's output, counted through the batch. */
  image: u32,
  /** Where it lies, counted from where the padding begins. */
  top: u32,
  left: u32,
}

/** A place of the input, (b, y, x). */
fn placeOf(place: u32) -> Place {
  let line = place / uniforms.width;
  let image = (line / uniforms.height) * uniforms.outHeight;
  return Place(image, line % uniforms.height + uniforms.padY, place % uniforms.width + uniforms.padX);
}

/** The first step along an axis at which a window of neighbours reads `at`, and the one behind the last. */
fn stepsOver(at: u32, kernel: u32, stride: u32, steps: u32) -> vec2<u32> {
  if (UNIT) {
    return vec2(at + 1u - min(at + 1u, kernel), min(at + 1u, steps));
  }
  return vec2((at + stride - min(at + stride, kernel)) / stride, min(at / stride + 1u, steps));
}

/** The step along an axis at which a window begins at `at`; past every end where none does, or where `at` wrapped around. */
fn stepAt(at: u32, stride: u32) -> u32 {
  if (UNIT) {
    return at;
  }
  return select(0xffffffffu, at / stride, at < 0x80000000u && at % stride == 0u);
}
