// step.wgsl for GPUs, where few sequences leave most of the adapter without work: a workgroup takes one (sequence, head), its invocations share
// the positions, each streams over its own, and halves of them join what they found until one is left.
// Prelude: WORKGROUP (invocations, a power of two), VECTORS (head dimension / 4), SCALE (1/√head dimension), BIASED
// (biasTable and bucketOfDistance are given), INDEXED (cacheRow is given), WINDOWED (there may be keys beyond the window).
// rows: rows of the caches.
// window: steps that are seen, the own one included; 0: all.
import fragments::launch;

const LOWEST = -3.4028234e38;

// Of each invocation: its weighted sum of values, and the highest score with the sum of weights relative to it.
var<workgroup> sums: array<vec4<f32>, WORKGROUP * VECTORS>;
var<workgroup> scores: array<vec2<f32>, WORKGROUP>;

fn bias(distance: u32, head: u32) -> f32 {
  if (BIASED) {
    return biasTable[bucketOfDistance[distance] * uniforms.heads + head];
  }
  return 0.0;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let index = groupOf(launch);
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
      for (var i = lane; i < VECTORS; i += WORKGROUP) {
        y[out + i] = vec4<f32>();
      }
      return;
    }
  }
  let cache = row * uniforms.time * width + head * VECTORS;
  var q: array<vec4<f32>, VECTORS>;
  var sum: array<vec4<f32>, VECTORS>;
  for (var i = 0u; i < VECTORS; i++) {
    q[i] = qkv[own + i] * SCALE;
  }
  var highest = LOWEST;
  var denominator = 0.0;
  // Where the window begins.
  var start = 0u;
  if (WINDOWED) {
    start = now - min(now, uniforms.window - 1u);
  }
  // The last position is this step's own: whoever takes it reads it from qkv, and appends it to the caches.
  for (var key = start + lane; key <= now; key += WORKGROUP) {
    var products = vec4<f32>();
    let at = cache + key * width;
    for (var i = 0u; i < VECTORS; i++) {
      var k: vec4<f32>;
      if (key == now) {
        k = qkv[own + width + i];
        keys[at + i] = k;
      } else {
        k = keys[at + i];
      }
      products += q[i] * k;
    }
    let score = dot(products, vec4(1.0)) + bias(now - key, head);
    let next = max(highest, score);
    let rescale = exp(max(highest - next, -87.0));
    let weight = exp(max(score - next, -87.0));
    highest = next;
    denominator = denominator * rescale + weight;
    for (var i = 0u; i < VECTORS; i++) {
      var v: vec4<f32>;
      if (key == now) {
        v = qkv[own + 2u * width + i];
        values[at + i] = v;
      } else {
        v = values[at + i];
      }
      sum[i] = sum[i] * rescale + weight * v;
    }
  }
  for (var i = 0u; i < VECTORS; i++) {
    sums[lane * VECTORS + i] = sum[i];
  }
  scores[lane] = vec2(highest, denominator);
  for (var reach = WORKGROUP / 2u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) {
      let mine = scores[lane];
      let other = scores[lane + reach];
      let top = max(mine.x, other.x);
      // Whoever had no position has no weight either.
      let keep = select(0.0, exp(max(mine.x - top, -87.0)), mine.y > 0.0);
      let take = select(0.0, exp(max(other.x - top, -87.0)), other.y > 0.0);
      scores[lane] = vec2(top, mine.y * keep + other.y * take);
      for (var i = 0u; i < VECTORS; i++) {
        sums[lane * VECTORS + i] = sums[lane * VECTORS + i] * keep + sums[(lane + reach) * VECTORS + i] * take;
      }
    }
  }
  workgroupBarrier();
  for (var i = lane; i < VECTORS; i += WORKGROUP) {
    y[out + i] = sums[i] / scores[0].y;
  }
}
