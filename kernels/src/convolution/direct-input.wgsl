// dx[b, y, x, c] = Σ over filters f of c's group, and the places (v, u) and taps (i, j) that read it, of w[f, i, j, c] · dy[b, v, u, f].
// Prelude: WORKGROUP (invocations per workgroup), UNIT (bool: both strides are 1).
import fragments::{index, readers};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  let inGroup = uniforms.channels / uniforms.groups;
  let filtersInGroup = uniforms.filters / uniforms.groups;
  for (var o = indexOf(launch, lane); o < uniforms.batch * uniforms.height * uniforms.width * uniforms.channels; o += stride) {
    let channel = o % uniforms.channels;
    let place = o / uniforms.channels;
    let at = placeOf(place);
    let first = channel / inGroup * filtersInGroup;
    var sum = 0.0;
    for (var i = 0u; i < uniforms.kernelHeight; i++) {
      let v = stepAt(at.top - i * uniforms.dilationY, uniforms.strideY);
      for (var j = 0u; j < uniforms.kernelWidth; j++) {
        let u = stepAt(at.left - j * uniforms.dilationX, uniforms.strideX);
        if (v >= uniforms.outHeight || u >= uniforms.outWidth) {
          continue;
        }
        let begin= ((at.image + v) * uniforms.outWidth + u) * uniforms.filters + first;
        for (var f = 0u; f < filtersInGroup; f++) {
          let weight = (((first + f) * uniforms.kernelHeight + i) * uniforms.kernelWidth + j) * inGroup + channel % inGroup;
          sum += w[weight] * dy[begin + f];
        }
      }
    }
    dx[o] = sum;
  }
}
