// First half of a masked mean: sums of values·mask and of mask, by parts. Part p takes elements p, p + parts, … and
// writes partial[p] = Σ values·mask, partial[parts + p] = Σ mask. Fixed order, so the same bits every time.
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  count: u32,
  parts: u32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read> mask: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let part = group.x * WORKGROUP + lane;
  if (part >= uniforms.parts) {
    return;
  }
  var total = 0.0;
  var weight = 0.0;
  for (var i = part; i < uniforms.count; i += uniforms.parts) {
    // A masked value may be anything, even not a number; it must not count.
    if (mask[i] != 0.0) {
      total += values[i] * mask[i];
      weight += mask[i];
    }
  }
  partial[part] = total;
  partial[uniforms.parts + part] = weight;
}
