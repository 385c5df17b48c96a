// dx[b, y, x, c] = Σ of dy over the windows whose greatest number was this one, in the order of the taps.
// Prelude: WORKGROUP (invocations per workgroup), UNIT (bool: both strides are 1), Value (f32 or vec4<f32>), Bits (u32 likewise), LANES (channels in one).
import fragments::{index, readers};

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
          let at = ((place.image + v) * uniforms.outWidth + u) * channels + o % channels;
          sum += select(Value(), dy[at], taps[at] == Bits(i * uniforms.kernelWidth + j));
        }
      }
    }
    dx[o] = sum;
  }
}
