// columns[(b, v, u), (i, j, c)] = x[b, v · strideY + i · dilationY − padY, u · strideX + j · dilationX − padX, c], zeros outside the image: what each
// place of the output sums over, as the row of a matrix. A workgroup takes one row of the kernel at one place at a time.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>) and LANES (channels in one, which divides the channels).
import fragments::{launch, windows};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let channels = uniforms.channels / LANES;
  let run = uniforms.kernelWidth * channels;
  let items = uniforms.batch * uniforms.outHeight * uniforms.outWidth * uniforms.kernelHeight;
  for (var item = groupOf(launch); item < items; item += groupCount(launch)) {
    let place = item / uniforms.kernelHeight;
    let window = windowOf(place);
    let y = window.top + (item % uniforms.kernelHeight) * uniforms.dilationY;
    let row = (window.image + y) * uniforms.width;
    for (var at = lane; at < run; at += WORKGROUP) {
      let x0 = window.left + (at / channels) * uniforms.dilationX;
      let inside = y < uniforms.height && x0 < uniforms.width;
      columns[item * run + at] = select(Value(), x[(row + x0) * channels + at % channels], inside);
    }
  }
}
