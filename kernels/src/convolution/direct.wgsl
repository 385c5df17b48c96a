// y[b, v, u, f] = bias[f] + Σ_ijc w[f, i, j, c] · x[b, v · strideY + i · dilationY − padY, u · strideX + j · dilationX − padX, channel c of f's group].
// An invocation makes one number; the way for groups of channels, which products of matrices do not fit.
// Prelude: WORKGROUP (invocations per workgroup), BIAS (bool).
import fragments::{index, windows};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  let inGroup = uniforms.channels / uniforms.groups;
  let filtersInGroup = uniforms.filters / uniforms.groups;
  for (var o = indexOf(launch, lane); o < uniforms.batch * uniforms.outHeight * uniforms.outWidth * uniforms.filters; o += stride) {
    let kernel = o % uniforms.filters;
    let place = o / uniforms.filters;
    let window = windowOf(place);
    let first = kernel / filtersInGroup * inGroup;
    var sum = 0.0;
    if (BIAS) {
      sum = bias[kernel];
    }
    for (var i = 0u; i < uniforms.kernelHeight; i++) {
      let y = window.top + i * uniforms.dilationY;
      for (var j = 0u; j < uniforms.kernelWidth; j++) {
        let x0 = window.left + j * uniforms.dilationX;
        if (y >= uniforms.height || x0 >= uniforms.width) {
          continue;
        }
        let begin= ((window.image + y) * uniforms.width + x0) * uniforms.channels + first;
        let weights = ((kernel * uniforms.kernelHeight + i) * uniforms.kernelWidth + j) * inGroup;
        for (var c = 0u; c < inGroup; c++) {
          sum += w[weights + c] * x[begin + c];
        }
      }
    }
    out[o] = sum;
  }
}
