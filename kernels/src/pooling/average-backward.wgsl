// dx[b, y, x, c] = Σ over the windows that read it of dy, divided by how many taps of the window counted.
// Prelude: WORKGROUP (invocations per workgroup), UNIT (bool: both strides are 1), PADDED (bool: padding counted), Value (f32 or vec4<f32>), LANES
// (channels in one).
import fragments::{index, readers};

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

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  let channels = uniforms.channels / LANES;
  for (var o = indexOf(launch, lane); o < uniforms.batch * uniforms.height * uniforms.width * channels; o += stride) {
    let place = placeOf(o / channels);
    let rows = stepsOver(place.top, uniforms.kernelHeight, uniforms.strideY, uniforms.outHeight);
    let columns = stepsOver(place.left, uniforms.kernelWidth, uniforms.strideX, uniforms.outWidth);
    var sum = Value();
    for (var v = rows.x; v < rows.y; v++) {
      for (var u = columns.x; u < columns.y; u++) {
        let at = ((place.image + v) * uniforms.outWidth + u) * channels + o % channels;
        sum += dy[at] / f32(counted(v, u));
      }
    }
    dx[o] = sum;
  }
}
