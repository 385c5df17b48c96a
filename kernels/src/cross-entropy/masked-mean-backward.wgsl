// Gradient of a masked mean: dvalues[i] = mask[i] · dmean / Σmask, or 0 where the mask is empty.
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  count: u32,
}

@group(0) @binding(0) var<storage, read> mask: array<f32>;
// (mean, Σmask), as the forward pass left it.
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> dmean: array<f32>;
@group(0) @binding(3) var<storage, read_write> dvalues: array<f32>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.count; i += step) {
    let weight = mean[1];
    if (weight > 0.0) {
      dvalues[i] = mask[i] * (dmean[0] / weight);
    } else {
      dvalues[i] = 0.0;
    }
  }
}
