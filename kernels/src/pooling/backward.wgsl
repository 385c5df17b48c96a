// dx[b, y, x, c] = Σ over the windows (v, u) that read it of its share of their dy, in the order of the windows.
// Prelude: WORKGROUP (invocations per workgroup), UNIT (bool: both strides are 1), Value (f32 or vec4<f32>), LANES (channels in one).
// Fragment `share`: shareOf(at, v, u, place) -> Value, at being where the window's dy lies.
import fragments::{index, readers, share};

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
        sum += shareOf(at, v, u, place);
      }
    }
    dx[o] = sum;
  }
}
