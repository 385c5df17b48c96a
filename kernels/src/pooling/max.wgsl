// The greatest of each window of an image, [batch, height, width, channels], and which of its taps that is: the first, if several are. A NaN is greater
// than all, and the last one counts, as in PyTorch. Padding is less than all.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>), Bits and Truth (u32 and bool likewise), LANES (channels in one).
import fragments::{index, special, windows};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  let channels = uniforms.channels / LANES;
  for (var o = indexOf(launch, lane); o < uniforms.batch * uniforms.outHeight * uniforms.outWidth * channels; o += stride) {
    let window = windowOf(o / channels);
    var greatest = Value();
    var tap = Bits(0xffffffffu);
    for (var i = 0u; i < uniforms.kernelHeight; i++) {
      for (var j = 0u; j < uniforms.kernelWidth; j++) {
        let y = window.top + i;
        let x0 = window.left + j;
        if (y < uniforms.height && x0 < uniforms.width) {
          let value = x[((window.image + y) * uniforms.width + x0) * channels + o % channels];
          // The first tap inside the image counts however low it is.
          let better = (value > greatest) | isNan(value) | (tap == Bits(0xffffffffu));
          greatest = select(greatest, value, better);
          tap = select(tap, Bits(i * uniforms.kernelWidth + j), better);
        }
      }
    }
    out[o] = greatest;
    taps[o] = tap;
  }
}
