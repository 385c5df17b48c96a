// The head of an encoder at once: from (μ, log σ) side by side a clamped log σ, a sample μ + exp(log σ) · noise and KL(N(μ, σ²) ‖ N(0, I)) of
// each row. An invocation takes a row.
// Prelude: WORKGROUP (invocations per workgroup), NOISE (bool: without it the sample is μ).

struct Uniforms {
  rows: u32,
  dims: u32,
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<storage, read> code: array<f32>;
@group(0) @binding(1) var<storage, read> noise: array<f32>;
@group(0) @binding(2) var<storage, read_write> mu: array<f32>;
@group(0) @binding(3) var<storage, read_write> logSigma: array<f32>;
@group(0) @binding(4) var<storage, read_write> sample: array<f32>;
@group(0) @binding(5) var<storage, read_write> kl: array<f32>;
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let dims = uniforms.dims;
  let step = groups.x * groups.y * WORKGROUP;
  for (var row = (group.y * groups.x + group.x) * WORKGROUP + lane; row < uniforms.rows; row += step) {
    var divergence = 0.0;
    for (var j = 0u; j < dims; j++) {
      let at = row * dims + j;
      let mean = code[2u * row * dims + j];
      let spread = clamp(code[(2u * row + 1u) * dims + j], uniforms.low, uniforms.high);
      let sigma = exp(spread);
      mu[at] = mean;
      logSigma[at] = spread;
      var drawn = mean;
      if (NOISE) {
        drawn += sigma * noise[at];
      }
      sample[at] = drawn;
      divergence += 0.5 * (sigma * sigma + mean * mean - 1.0) - spread;
    }
    kl[row] = divergence;
  }
}
