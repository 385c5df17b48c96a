// dx[b, y, x, c] = Σ over the places (v, u) and taps (i, j) that read it of columns[(b, v, u), (i, j, c)]: the way back from what unfold.wgsl makes.
// A workgroup takes one place of the image at a time.
// Prelude: WORKGROUP (invocations per workgroup), UNIT (bool: both strides are 1), Value (f32 or vec4<f32>) and LANES (channels in one).
import fragments::{launch, readers};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let channels = uniforms.channels / LANES;
  let taps = uniforms.kernelHeight * uniforms.kernelWidth;
  for (var place = groupOf(launch); place < uniforms.batch * uniforms.height * uniforms.width; place += groupCount(launch)) {
    let at = placeOf(place);
    for (var channel = lane; channel < channels; channel += WORKGROUP) {
      var sum = Value();
      for (var i = 0u; i < uniforms.kernelHeight; i++) {
        let v = stepAt(at.top - i * uniforms.dilationY, uniforms.strideY);
        if (v >= uniforms.outHeight) {
          continue;
        }
        for (var j = 0u; j < uniforms.kernelWidth; j++) {
          let u = stepAt(at.left - j * uniforms.dilationX, uniforms.strideX);
          if (u < uniforms.outWidth) {
            let row = (at.image + v) * uniforms.outWidth + u;
            sum += columns[(row * taps + i * uniforms.kernelWidth + j) * channels + channel];
          }
        }
      }
      dx[place * channels + channel] = sum;
    }
  }
}
