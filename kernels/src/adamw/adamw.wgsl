// AdamW (Loshchilov and Hutter 2019) over one flat buffer, with clipping by the global gradient norm.
// Prelude: WORKGROUP (invocations per workgroup).
//
// hyper = [learning rate, 1 − β1ᵗ, 1 − β2ᵗ, largest norm (0: no limit)]. A gradient whose norm is not finite changes
// nothing and is counted in `skipped`.

struct Uniforms {
  count: u32,
  beta1: f32,
  beta2: f32,
  eps: f32,
  weightDecay: f32,
}

@group(0) @binding(0) var<storage, read> gradients: array<f32>;
@group(0) @binding(1) var<storage, read> hyper: array<f32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(4) var<storage, read_write> m: array<f32>;
@group(0) @binding(5) var<storage, read_write> v: array<f32>;
@group(0) @binding(6) var<storage, read_write> skipped: array<f32>;
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

// The largest finite f32: compilers may assume that comparisons with infinity or NaN never matter.
const LARGEST: f32 = 3.4028234e38;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (i >= uniforms.count) {
    return;
  }
  let length = norm[0];
  // The exponent's bits are all ones in NaN and in both infinities.
  if ((bitcast<u32>(length) & 0x7f800000u) == 0x7f800000u) {
    if (i == 0u) {
      skipped[0] += 1.0;
    }
    return;
  }
  let limit = hyper[3];
  let factor = select(1.0, min(1.0, limit / (length + 1e-6)), limit > 0.0);
  let gradient = clamp(gradients[i] * factor, -LARGEST, LARGEST);
  let first = uniforms.beta1 * m[i] + (1.0 - uniforms.beta1) * gradient;
  let second = uniforms.beta2 * v[i] + (1.0 - uniforms.beta2) * gradient * gradient;
  m[i] = first;
  v[i] = second;
  let rate = hyper[0];
  let decayed = parameters[i] * (1.0 - rate * uniforms.weightDecay);
  parameters[i] = decayed - rate * (first / hyper[1]) / (sqrt(second / hyper[2]) + uniforms.eps);
}
