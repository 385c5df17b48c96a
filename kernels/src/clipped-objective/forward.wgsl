// The clipped surrogate of proximal policy optimisation (Schulman et al., arXiv 1707.06347, eq. 7), negated to be a loss:
//   loss[i] = −min(ratio · advantage, clamp(ratio, 1 − clip, 1 + clip) · advantage),  ratio = exp(new − old)
// Prelude: WORKGROUP (invocations per workgroup).
// NaN and infinity as in PyTorch: a ratio beyond f32 makes an infinite loss where its advantage is negative. Value is f32.
// period: elements that share one advantage: advantage[i / period].
import fragments::{index, special};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.count; i += step) {
    let ratio = exp(newLogProb[i] - oldLogProb[i]);
    let gain = advantage[i / uniforms.period];
    let clipped = clamp(ratio, 1.0 - uniforms.clip, 1.0 + uniforms.clip);
    loss[i] = -keepNan(min(ratio * gain, clipped * gain), ratio * gain);
  }
}
