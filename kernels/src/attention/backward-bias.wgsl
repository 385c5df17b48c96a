// Adds the parts that the backward pass left to the bias table's gradient: one invocation per (head, bucket), summing
// parts and steps in a fixed order.
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  time: u32,
  heads: u32,
  buckets: u32,
  parts: u32,
}

@group(0) @binding(0) var<storage, read> biasParts: array<f32>;
@group(0) @binding(1) var<storage, read_write> dBiasTable: array<f32>;
@group(0) @binding(2) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (index >= uniforms.heads * uniforms.buckets) {
    return;
  }
  let head = index / uniforms.buckets;
  let bucket = index % uniforms.buckets;
  var sum = 0.0;
  for (var part = 0u; part < uniforms.parts; part++) {
    var partSum = 0.0;
    for (var step = 0u; step < uniforms.time; step++) {
      partSum += biasParts[((part * uniforms.heads + head) * uniforms.time + step) * uniforms.buckets + bucket];
    }
    sum += partSum;
  }
  dBiasTable[bucket * uniforms.heads + head] += sum;
}
