// Gradient of posterior.wgsl for (μ, log σ) side by side, from those of its outputs that have one. No gradient flows where log σ was clamped.
// An invocation takes a row.
// Prelude: WORKGROUP (invocations per workgroup), NOISE (as forward), D_MU, D_LOG_SIGMA, D_SAMPLE, D_KL (bool: that gradient is given).

struct Uniforms {
  rows: u32,
  dims: u32,
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<storage, read> code: array<f32>;
@group(0) @binding(1) var<storage, read> noise: array<f32>;
@group(0) @binding(2) var<storage, read> dmu: array<f32>;
@group(0) @binding(3) var<storage, read> dlogSigma: array<f32>;
@group(0) @binding(4) var<storage, read> dsample: array<f32>;
@group(0) @binding(5) var<storage, read> dkl: array<f32>;
@group(0) @binding(6) var<storage, read_write> dcode: array<f32>;
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let dims = uniforms.dims;
  let step = groups.x * groups.y * WORKGROUP;
  for (var row = (group.y * groups.x + group.x) * WORKGROUP + lane; row < uniforms.rows; row += step) {
    for (var j = 0u; j < dims; j++) {
      let at = row * dims + j;
      let ofMean = 2u * row * dims + j;
      let ofSpread = ofMean + dims;
      let spread = clamp(code[ofSpread], uniforms.low, uniforms.high);
      let sigma = exp(spread);
      var toMean = 0.0;
      var toSpread = 0.0;
      if (D_MU) {
        toMean += dmu[at];
      }
      if (D_LOG_SIGMA) {
        toSpread += dlogSigma[at];
      }
      if (D_SAMPLE) {
        toMean += dsample[at];
        if (NOISE) {
          toSpread += dsample[at] * sigma * noise[at];
        }
      }
      if (D_KL) {
        toMean += dkl[row] * code[ofMean];
        toSpread += dkl[row] * (sigma * sigma - 1.0);
      }
      dcode[ofMean] = toMean;
      dcode[ofSpread] = select(0.0, toSpread, spread == code[ofSpread]);
    }
  }
}
