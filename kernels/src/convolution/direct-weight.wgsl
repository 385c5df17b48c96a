// dw[part, f, i, j, c] = Σ over the places (b, v, u) of one part of dy[b, v, u, f] · x at the place that tap (i, j) reads, channel c of f's group.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let inGroup = uniforms.channels / uniforms.groups;
  let filtersInGroup = uniforms.filters / uniforms.groups;
  let size = uniforms.filters * uniforms.kernelHeight * uniforms.kernelWidth * inGroup;
  let places = uniforms.batch * uniforms.outHeight * uniforms.outWidth;
  let share = (places + uniforms.parts - 1u) / uniforms.parts;
  let o = indexOf(launch, lane);
  if (o >= size * uniforms.parts) {
    return;
  }
  let part = o / size;
  let tap = (o % size) / inGroup;
  let kernelPlace = tap / uniforms.kernelWidth;
  let kernel = kernelPlace / uniforms.kernelHeight;
  let down = (kernelPlace % uniforms.kernelHeight) * uniforms.dilationY - uniforms.padY;
  let right = (tap % uniforms.kernelWidth) * uniforms.dilationX - uniforms.padX;
  let channel = kernel / filtersInGroup * inGroup + o % inGroup;
  var sum = 0.0;
  for (var place = part * share; place < min((part + 1u) * share, places); place++) {
    let line = place / uniforms.outWidth;
    let y = (line % uniforms.outHeight) * uniforms.strideY + down;
    let x0 = (place % uniforms.outWidth) * uniforms.strideX + right;
    if (y < uniforms.height && x0 < uniforms.width) {
      let row = (line / uniforms.outHeight) * uniforms.height + y;
      sum += dy[place * uniforms.filters + kernel] * x[(row * uniforms.width + x0) * uniforms.channels + channel];
    }
  }
  dw[o] = sum;
}
