// Windows over images: of the uniforms, sizes of input and output and the window's strides and padding.

struct Window {
  /** The first row of its image, counted through the batch. */
  image: u32,
  /** Where it begins. Left of the image and above it these wrap around, and so are past its end. */
  top: u32,
  left: u32,
}

/** The window that a place of the output, (b, v, u), reads. */
fn windowOf(place: u32) -> Window {
  let line = place / uniforms.outWidth;
  let top = (line % uniforms.outHeight) * uniforms.strideY - uniforms.padY;
  let left = (place % uniforms.outWidth) * uniforms.strideX - uniforms.padX;
  return Window((line / uniforms.outHeight) * uniforms.height, top, left);
}
