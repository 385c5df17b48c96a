// Dropout (Srivastava et al., JMLR 2014), scaled while training: out[i] = x[i] · (u[i] > probability ? scale : 0), u[i] the uniform number
// that draw.wgsl would draw. The gradient is the same launch on the gradient: the mask is drawn again, not kept.
// Prelude: WORKGROUP (invocations per workgroup).
// `state` is (key low, key high, step low, step high), as in draw.wgsl.
import fragments::{index, philox};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var quarter = indexOf(launch, lane); 4u * quarter < uniforms.count; quarter += step) {
    let words = philox(vec4<u32>(quarter, uniforms.stream, state[2], state[3]), vec2<u32>(state[0], state[1]));
    let drawn = (vec4<f32>(words >> vec4<u32>(9u)) + 0.5) / 8388608.0;
    let factors = select(vec4<f32>(0.0), vec4<f32>(uniforms.scale), drawn > vec4<f32>(uniforms.probability));
    for (var i = 4u * quarter; i < min(4u * quarter + 4u, uniforms.count); i++) {
      out[i] = x[i] * factors[i % 4u];
    }
  }
}
