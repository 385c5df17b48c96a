// Per query, the two numbers its softmax gradient needs: the log-sum-exp of its scores and Σ y · dy, side by side.
// One invocation per (sequence, head, query).
// Prelude: WORKGROUP (invocations per workgroup), VECTORS (head dimension / 4).

struct Uniforms {
  batch: u32,
  time: u32,
  heads: u32,
}

@group(0) @binding(0) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> rowStats: array<vec2<f32>>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (index >= uniforms.batch * uniforms.heads * uniforms.time) {
    return;
  }
  let query = index % uniforms.time;
  let head = (index / uniforms.time) % uniforms.heads;
  let sequence = index / (uniforms.time * uniforms.heads);
  let at = ((sequence * uniforms.time + query) * uniforms.heads + head) * VECTORS;
  var products = vec4<f32>();
  for (var i = 0u; i < VECTORS; i++) {
    products += y[at + i] * dy[at + i];
  }
  rowStats[index] = vec2<f32>(lse[index], products.x + products.y + products.z + products.w);
}
