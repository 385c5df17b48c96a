// One AdamW step over a flat buffer (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2), with the gradient first
// scaled down to a greatest global norm.
// Prelude: WORKGROUP (invocations per workgroup), Value (f32 or vec4<f32>) and LANES (elements in one, dividing count).
//
// A step whose gradient norm is infinite or not a number changes nothing but `skipped`, which counts such steps.
// decay1: 1 − β: given by the host in full precision, since 1 − 0.999 in f32 has lost four digits.
// hyper: learning rate, 1 − β1^t, 1 − β2^t, greatest norm (not positive: no clipping)
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  // By its bits: WGSL lets a compiler assume that no float is infinite or not a number.
  let finite = (bitcast<u32>(norm[0]) & 0x7f800000u) != 0x7f800000u;
  let index = indexOf(launch, lane);
  if (!finite) {
    if (index == 0u) {
      skipped[0] += 1u;
    }
    return;
  }
  let learningRate = hyper[0];
  let greatest = hyper[3];
  var coefficient = 1.0;
  if (greatest > 0.0) {
    coefficient = min(1.0, greatest / (norm[0] + 1e-6));
  }
  let step = invocations(launch);
  for (var i = index; i < uniforms.count / LANES; i += step) {
    let gradient = coefficient * gradients[i];
    let m = mean[i] + uniforms.decay1 * (gradient - mean[i]);
    let v = variance[i] + uniforms.decay2 * (gradient * gradient - variance[i]);
    mean[i] = m;
    variance[i] = v;
    let direction = (m / hyper[1]) / (sqrt(v / hyper[2]) + uniforms.eps);
    let parameter = parameters[i];
    parameters[i] = parameter - learningRate * (direction + uniforms.weightDecay * parameter);
  }
}
