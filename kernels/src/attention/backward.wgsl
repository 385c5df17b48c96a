// Gradients of causal attention for queries, keys and values, and the per-step parts of the bias table's gradient.
// Invocation t of a block takes step t first as a query (dq, over the keys up to it), then as a key (dk and dv, over the
// queries from it on); a workgroup is WORKGROUP neighbouring steps of one head, so that the other side of every pair
// loads from one address. Each workgroup walks through every parts-th sequence, adding ∂/∂score into its own
// [time, buckets] plane of biasParts: nothing is shared, and the order of every sum is fixed.
// Prelude: WORKGROUP (steps per workgroup), VECTORS (head dimension / 4), SCALE (1/√head dimension),
// BIASED (biasTable and bucketOfDistance are given), MASKED (lengths is given).

struct Uniforms {
  batch: u32,
  time: u32,
  heads: u32,
  buckets: u32,
  parts: u32,
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> biasTable: array<f32>;
@group(0) @binding(2) var<storage, read> bucketOfDistance: array<u32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> rowStats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> dqkv: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> biasParts: array<f32>;
@group(0) @binding(8) var<uniform> uniforms: Uniforms;

alias Head = array<vec4<f32>, VECTORS>;

fn total(v: vec4<f32>) -> f32 {
  return v.x + v.y + v.z + v.w;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let time = uniforms.time;
  let heads = uniforms.heads;
  let blocks = (time + WORKGROUP - 1u) / WORKGROUP;
  let unit = group.y * groups.x + group.x;
  if (unit >= uniforms.parts * heads * blocks) {
    return;
  }
  let block = unit % blocks;
  let head = (unit / blocks) % heads;
  let part = unit / (blocks * heads);
  let step = block * WORKGROUP + lane;
  let inside = step < time;
  let safeStep = min(step, time - 1u);

  let stride = 3u * heads * VECTORS;
  let queryColumn = head * VECTORS;
  let keyColumn = (heads + head) * VECTORS;
  let valueColumn = (2u * heads + head) * VECTORS;
  let biasRow = ((part * heads + head) * time + safeStep) * uniforms.buckets;
  if (BIASED && inside) {
    for (var bucket = 0u; bucket < uniforms.buckets; bucket++) {
      biasParts[biasRow + bucket] = 0.0;
    }
  }

  for (var sequence = part; sequence < uniforms.batch; sequence += uniforms.parts) {
    var length = time;
    if (MASKED) {
      length = min(time, lengths[sequence]);
    }
    let statsRow = (sequence * heads + head) * time;
    let own = (sequence * time + safeStep) * stride;
    let ownGradient = ((sequence * time + safeStep) * heads + head) * VECTORS;

    var q: Head;
    var g: Head;
    var dq: Head;
    for (var i = 0u; i < VECTORS; i++) {
      q[i] = qkv[own + queryColumn + i] * SCALE;
      g[i] = dy[ownGradient + i];
      dq[i] = vec4<f32>();
    }
    let ownStats = rowStats[statsRow + safeStep];
    let keysEnd = min((block + 1u) * WORKGROUP, length);
    for (var key = 0u; key < keysEnd; key++) {
      let at = (sequence * time + key) * stride;
      var products = vec4<f32>();
      var gradients = vec4<f32>();
      for (var i = 0u; i < VECTORS; i++) {
        products += q[i] * qkv[at + keyColumn + i];
        gradients += g[i] * qkv[at + valueColumn + i];
      }
      var score = total(products);
      var bucket = 0u;
      if (BIASED) {
        bucket = bucketOfDistance[safeStep - min(key, safeStep)];
        score += biasTable[bucket * heads + head];
      }
      let attends = key <= step && step < length;
      let ds = select(0.0, exp(min(score - ownStats.x, 0.0)) * (total(gradients) - ownStats.y), attends);
      if (BIASED && attends) {
        biasParts[biasRow + bucket] += ds;
      }
      for (var i = 0u; i < VECTORS; i++) {
        dq[i] += ds * qkv[at + keyColumn + i];
      }
    }
    if (inside) {
      for (var i = 0u; i < VECTORS; i++) {
        dqkv[own + queryColumn + i] = dq[i] * SCALE;
      }
    }

    var k: Head;
    var v: Head;
    var dk: Head;
    var dv: Head;
    for (var i = 0u; i < VECTORS; i++) {
      k[i] = qkv[own + keyColumn + i] * SCALE;
      v[i] = qkv[own + valueColumn + i];
      dk[i] = vec4<f32>();
      dv[i] = vec4<f32>();
    }
    for (var query = block * WORKGROUP; query < length; query++) {
      let at = (sequence * time + query) * stride + queryColumn;
      let gradientAt = ((sequence * time + query) * heads + head) * VECTORS;
      var products = vec4<f32>();
      var gradients = vec4<f32>();
      for (var i = 0u; i < VECTORS; i++) {
        products += k[i] * qkv[at + i];
        gradients += v[i] * dy[gradientAt + i];
      }
      var score = total(products);
      if (BIASED) {
        score += biasTable[bucketOfDistance[query - min(step, query)] * heads + head];
      }
      let stats = rowStats[statsRow + query];
      let attends = step <= query;
      let weight = select(0.0, exp(min(score - stats.x, 0.0)), attends);
      let ds = select(0.0, weight * (total(gradients) - stats.y), attends);
      for (var i = 0u; i < VECTORS; i++) {
        dv[i] += weight * dy[gradientAt + i];
        dk[i] += ds * qkv[at + i];
      }
    }
    if (inside) {
      for (var i = 0u; i < VECTORS; i++) {
        dqkv[own + keyColumn + i] = dk[i] * SCALE;
        dqkv[own + valueColumn + i] = dv[i];
      }
    }
  }
}
