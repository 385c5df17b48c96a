// Second half of means under one mask: partial [quantities + 1, parts] holds partial sums of each quantity and, last, of
// the mask. out[q] = Σ_p partial[q, p] / Σ_p partial[quantities, p], and out[quantities] = Σmask. An empty mask gives 0.
// Prelude: WORKGROUP (invocations per workgroup).

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  if (lane > uniforms.quantities) {
    return;
  }
  var total = 0.0;
  var weight = 0.0;
  for (var p = 0u; p < uniforms.parts; p++) {
    total += partial[lane * uniforms.parts + p];
    weight += partial[uniforms.quantities * uniforms.parts + p];
  }
  if (lane == uniforms.quantities) {
    out[lane] = weight;
  } else {
    out[lane] = select(total / weight, 0.0, weight == 0.0);
  }
}
