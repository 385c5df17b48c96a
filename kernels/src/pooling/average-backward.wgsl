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
    var sum = Value();
    for (var i = 0u; i < uniforms.kernelHeight; i++) {
      for (var j = 0u; j < uniforms.kernelWidth; j++) {
        let v = stepAt(place.top - i, uniforms.strideY);
        let u = stepAt(place.left - j, uniforms.strideX);
        if (v < uniforms.outHeight && u < uniforms.outWidth) {
          sum += dy[((place.image + v) * uniforms.outWidth + u) * channels + o % channels] / f32(counted(v, u));
        }
      }
    }
    dx[o] = sum;
  }
}
