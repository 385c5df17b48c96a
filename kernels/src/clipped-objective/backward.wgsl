// Gradient of the clipped surrogate with respect to the new log-probability: −ratio · advantage · dloss[i] where the
// unclipped term is the smaller one, else 0.
// Prelude: WORKGROUP (invocations per workgroup).
// period: elements that share one advantage: advantage[i / period].
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count; i += step) {
    let ratio = exp(newLogProb[i] - oldLogProb[i]);
    let gain = advantage[i / uniforms.period];
    let clipped = clamp(ratio, 1.0 - uniforms.clip, 1.0 + uniforms.clip);
    // So that NaN, of which no comparison holds, flows on.
    dnewLogProb[i] = select(-ratio * gain * dloss[i], 0.0, ratio * gain > clipped * gain);
  }
}
