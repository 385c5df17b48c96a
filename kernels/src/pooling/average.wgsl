// The mean of each window of an image, [batch, height, width, channels]: over all of its taps, or over those inside the image.
// Prelude: WORKGROUP (invocations per workgroup), PADDED (bool: padding counts, as zeros), Value (f32 or vec4<f32>), LANES (channels in one).
import fragments::{index, windows};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  let channels = uniforms.channels / LANES;
  for (var o = indexOf(launch, lane); o < uniforms.batch * uniforms.outHeight * uniforms.outWidth * channels; o += stride) {
    let window = windowOf(o / channels);
    var sum = Value();
    var inside = 0u;
    for (var i = 0u; i < uniforms.kernelHeight; i++) {
      for (var j = 0u; j < uniforms.kernelWidth; j++) {
        let y = window.top + i;
        let x0 = window.left + j;
        if (y < uniforms.height && x0 < uniforms.width) {
          sum += x[((window.image + y) * uniforms.width + x0) * channels + o % channels];
          inside++;
        }
      }
    }
    out[o] = sum / f32(select(inside, uniforms.kernelHeight * uniforms.kernelWidth, PADDED));
  }
}
