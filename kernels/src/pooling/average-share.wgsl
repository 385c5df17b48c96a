// Of a mean: dy, divided by how many taps of the window counted.
// Prelude: PADDED (bool: padding counted).
import fragments::readers;

/** Taps of a window inside the image along one axis; `begin` counts from the start of the padding. */
fn inside(begin: u32, kernel: u32, pad: u32, size: u32) -> u32 {
  return min(begin + kernel, pad + size) - max(begin, pad);
}

/** Taps that counted in the mean of the window at (v, u). */
fn counted(v: u32, u: u32) -> u32 {
  if (PADDED) {
    return uniforms.kernelHeight * uniforms.kernelWidth;
  }
  let high = inside(v * uniforms.strideY, uniforms.kernelHeight, uniforms.padY, uniforms.height);
  return high * inside(u * uniforms.strideX, uniforms.kernelWidth, uniforms.padX, uniforms.width);
}

fn shareOf(at: u32, v: u32, u: u32, place: Place) -> Value {
  return dy[at] / f32(counted(v, u));
}
