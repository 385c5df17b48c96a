// y[b, t, c] = bias[c] + Σ_j w[j, c] · x[b, t − TAPS + 1 + j, c]: each channel by itself, nothing from later steps. REVERSED it is the gradient of
// x: the same sum with time running backwards. Steps from a row's length on count as zeros, and are zeros.
// An invocation makes STEPS steps of one Value of channels; the taps, and the window of x under them, stay in registers.
// Prelude: WORKGROUP (invocations per workgroup), TAPS, STEPS, REVERSED, BIAS, LENGTHS (bool), Value and LANES (channels in one, which divides
// the width).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.width / LANES;
  let stretches = (uniforms.time + STEPS - 1u) / STEPS;
  let item = indexOf(launch, lane);
  let row = item / width;
  if (row >= uniforms.batch * stretches) {
    return;
  }
  let channel = item % width;
  let begin= (row / stretches) * uniforms.time;
  var end = uniforms.time;
  if (LENGTHS) {
    end = min(end, lengths[row / stretches]);
  }
  var taps: array<Value, TAPS>;
  var window: array<Value, TAPS>;
  for (var j = 0u; j < TAPS; j++) {
    taps[j] = w[j * width + channel];
  }
  var offset = Value();
  if (BIAS) {
    offset = bias[channel];
  }
  // Steps are counted in the direction of the walk; those before the first one are zeros.
  let first = (row % stretches) * STEPS;
  for (var step = first - min(first, TAPS - 1u); step < min(first + STEPS, uniforms.time); step++) {
    let t = select(step, uniforms.time - 1u - step, REVERSED);
    for (var j = 1u; j < TAPS; j++) {
      window[j - 1u] = window[j];
    }
    window[TAPS - 1u] = select(Value(), x[(begin + t) * width + channel], t < end);
    if (step >= first) {
      var sum = offset;
      for (var j = 0u; j < TAPS; j++) {
        sum += taps[j] * window[j];
      }
      out[(begin + t) * width + channel] = select(Value(), sum, t < end);
    }
  }
}
