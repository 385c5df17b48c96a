// Causal multi-head attention with a learned bias per distance bucket and head. One invocation per query; a workgroup
// is WORKGROUP neighbouring queries of one sequence and head, so that keys and values load from one address for all of
// them. The softmax is streamed: the running maximum, denominator and output are rescaled as larger scores appear.
// Prelude: WORKGROUP (queries per workgroup), VECTORS (head dimension / 4), SCALE (1/√head dimension),
// BIASED (biasTable and bucketOfDistance are given), MASKED (lengths is given).

struct Uniforms {
  batch: u32,
  time: u32,
  heads: u32,
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> biasTable: array<f32>;
@group(0) @binding(2) var<storage, read> bucketOfDistance: array<u32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

const LOWEST = -1e30;

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
  if (unit >= uniforms.batch * heads * blocks) {
    return;
  }
  let block = unit % blocks;
  let head = (unit / blocks) % heads;
  let sequence = unit / (blocks * heads);
  let query = block * WORKGROUP + lane;
  var length = time;
  if (MASKED) {
    length = min(time, lengths[sequence]);
  }

  let stride = 3u * heads * VECTORS;
  let keyColumn = (heads + head) * VECTORS;
  let valueColumn = (2u * heads + head) * VECTORS;
  var q: array<vec4<f32>, VECTORS>;
  var sum: array<vec4<f32>, VECTORS>;
  let queryAt = (sequence * time + min(query, time - 1u)) * stride + head * VECTORS;
  for (var i = 0u; i < VECTORS; i++) {
    q[i] = qkv[queryAt + i] * SCALE;
    sum[i] = vec4<f32>();
  }
  var highest = LOWEST;
  var denominator = 0.0;
  let end = min((block + 1u) * WORKGROUP, length);
  for (var key = 0u; key < end; key++) {
    let at = (sequence * time + key) * stride;
    var products = vec4<f32>();
    for (var i = 0u; i < VECTORS; i++) {
      products += q[i] * qkv[at + keyColumn + i];
    }
    var score = products.x + products.y + products.z + products.w;
    if (BIASED) {
      let distance = min(query - min(key, query), time - 1u);
      score += biasTable[bucketOfDistance[distance] * heads + head];
    }
    score = select(LOWEST, score, key <= query);
    // One of the two factors is 1, the other the exponential of minus the distance between score and maximum.
    let decay = exp(-abs(score - highest));
    let rescale = select(1.0, decay, score > highest);
    let weight = select(select(decay, 1.0, score > highest), 0.0, key > query);
    highest = max(highest, score);
    denominator = denominator * rescale + weight;
    for (var i = 0u; i < VECTORS; i++) {
      sum[i] = sum[i] * rescale + weight * qkv[at + valueColumn + i];
    }
  }

  if (query >= time) {
    return;
  }
  let attends = query < length;
  let inverse = select(0.0, 1.0 / max(denominator, 1e-30), attends);
  let out = ((sequence * time + query) * heads + head) * VECTORS;
  for (var i = 0u; i < VECTORS; i++) {
    y[out + i] = select(vec4<f32>(), sum[i] * inverse, attends);
  }
  lse[(sequence * heads + head) * time + query] = select(0.0, highest + log(max(denominator, 1e-30)), attends);
}
