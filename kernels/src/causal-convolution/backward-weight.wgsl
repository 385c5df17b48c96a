// Gradients of the taps and the bias: dw[j, c] = Σ dy[b, t, c] · x[b, t − TAPS + 1 + j, c] and dbias[c] = Σ dy[b, t, c], over the rows of one part,
// in order; each part has its own, [parts, TAPS, width] and [parts, width].
// Prelude: WORKGROUP (invocations per workgroup), TAPS, LENGTHS (bool), Value and LANES (channels in one, which divides the width).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.width / LANES;
  let item = indexOf(launch, lane);
  let part = item / width;
  if (part >= uniforms.parts) {
    return;
  }
  let channel = item % width;
  let share = (uniforms.batch + uniforms.parts - 1u) / uniforms.parts;
  var sums: array<Value, TAPS>;
  var window: array<Value, TAPS>;
  var total = Value();
  for (var row = part * share; row < min((part + 1u) * share, uniforms.batch); row++) {
    var end = uniforms.time;
    if (LENGTHS) {
      end = min(end, lengths[row]);
    }
    window = array<Value, TAPS>();
    for (var t = 0u; t < end; t++) {
      let at = (row * uniforms.time + t) * width + channel;
      for (var j = 1u; j < TAPS; j++) {
        window[j - 1u] = window[j];
      }
      window[TAPS - 1u] = x[at];
      let gradient = dy[at];
      total += gradient;
      for (var j = 0u; j < TAPS; j++) {
        sums[j] += gradient * window[j];
      }
    }
  }
  for (var j = 0u; j < TAPS; j++) {
    dw[(part * TAPS + j) * width + channel] = sums[j];
  }
  dbias[part * width + channel] = total;
}
