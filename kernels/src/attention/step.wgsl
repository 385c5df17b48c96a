// One step of causal attention against caches of keys and values: one invocation per (sequence, head) appends its own
// key and value at position `step`, then attends over positions 0…step, or the last of them where there is a window.
// Nothing it reads from a cache is written by another invocation, and its own key and value come from qkv.
// Prelude: WORKGROUP (invocations per workgroup), VECTORS (head dimension / 4), SCALE (1/√head dimension),
// BIASED (biasTable and bucketOfDistance are given), INDEXED (cacheRow is given), WINDOWED (there may be keys beyond the window).
// rows: rows of the caches.
// window: steps that are seen, the own one included; 0: all.
import fragments::index;

fn total(v: vec4<f32>) -> f32 {
  return v.x + v.y + v.z + v.w;
}

fn bias(distance: u32, head: u32) -> f32 {
  if (BIASED) {
    return biasTable[bucketOfDistance[distance] * uniforms.heads + head];
  }
  return 0.0;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let index = indexOf(launch, lane);
  let heads = uniforms.heads;
  if (index >= uniforms.batch * heads) {
    return;
  }
  let sequence = index / heads;
  let head = index % heads;
  let now = min(step[0], uniforms.time - 1u);
  let width = heads * VECTORS;
  let own = sequence * 3u * width + head * VECTORS;
  let out = sequence * width + head * VECTORS;
  var row = sequence;
  if (INDEXED) {
    row = cacheRow[sequence];
    if (row >= uniforms.rows) {
      for (var i = 0u; i < VECTORS; i++) {
        y[out + i] = vec4<f32>();
      }
      return;
    }
  }
  let cache = row * uniforms.time * width + head * VECTORS;

  var q: array<vec4<f32>, VECTORS>;
  var sum: array<vec4<f32>, VECTORS>;
  var products = vec4<f32>();
  for (var i = 0u; i < VECTORS; i++) {
    q[i] = qkv[own + i] * SCALE;
    let k = qkv[own + width + i];
    let v = qkv[own + 2u * width + i];
    keys[cache + now * width + i] = k;
    values[cache + now * width + i] = v;
    products += q[i] * k;
    sum[i] = v;
  }
  var highest = total(products) + bias(0u, head);
  var denominator = 1.0;
  // Where the window begins.
  var start = 0u;
  if (WINDOWED) {
    start = now - min(now, uniforms.window - 1u);
  }
  for (var key = start; key < now; key++) {
    let at = cache + key * width;
    products = vec4<f32>();
    for (var i = 0u; i < VECTORS; i++) {
      products += q[i] * keys[at + i];
    }
    let score = total(products) + bias(now - key, head);
    // One of the two factors is 1, the other the exponential of minus the distance between score and maximum.
    let decay = exp(-abs(score - highest));
    let rescale = select(1.0, decay, score > highest);
    let weight = select(decay, 1.0, score > highest);
    highest = max(highest, score);
    denominator = denominator * rescale + weight;
    for (var i = 0u; i < VECTORS; i++) {
      sum[i] = sum[i] * rescale + weight * values[at + i];
    }
  }
  for (var i = 0u; i < VECTORS; i++) {
    y[out + i] = sum[i] / denominator;
  }
}
