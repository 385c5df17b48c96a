// step.wgsl for GPUs, where few sequences leave most of the adapter without work: a workgroup takes one (sequence, head), its invocations share
// the positions, each streams over its own, and halves of them join what they found until one is left.
// Prelude: WORKGROUP (invocations, a power of two), SCALE (1/√head dimension), and what fragments::attentionCache needs.
import fragments::{launch, attentionCache};

const LOWEST = -3.4028234e38;

// Of each invocation: its weighted sum of values, and the highest score with the sum of weights relative to it.
var<workgroup> sums: array<vec4<f32>, WORKGROUP * VECTORS>;
var<workgroup> scores: array<vec2<f32>, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let index = groupOf(launch);
  if (index >= uniforms.batch * uniforms.heads) {
    return;
  }
  let its = stepOf(index);
  if (!its.present) {
    for (var i = lane; i < VECTORS; i += WORKGROUP) {
      y[its.output + i] = vec4<f32>();
    }
    return;
  }
  var q: array<vec4<f32>, VECTORS>;
  var sum: array<vec4<f32>, VECTORS>;
  for (var i = 0u; i < VECTORS; i++) {
    q[i] = qkv[its.query + i] * SCALE;
  }
  var highest = LOWEST;
  var denominator = 0.0;
  // The last position is this step's own: whoever takes it reads it from qkv, and appends it to the caches.
  for (var key = its.start + lane; key <= its.now; key += WORKGROUP) {
    var products = vec4<f32>();
    var at = cachePlace(its, key);
    if (key == its.now) {
      at = its.row + key * its.stride;
    }
    for (var i = 0u; i < VECTORS; i++) {
      var k: vec4<f32>;
      if (key == its.now) {
        k = qkv[its.key + i];
        if (its.appends) {
          keys[at + i] = k;
        }
      } else {
        k = keys[at + i];
      }
      products += q[i] * k;
    }
    let score = dot(products, vec4(1.0)) + biasOf(its.now - key, its.head);
    let next = max(highest, score);
    let rescale = exp(highest - next);
    let weight = exp(score - next);
    highest = next;
    denominator = denominator * rescale + weight;
    for (var i = 0u; i < VECTORS; i++) {
      var v: vec4<f32>;
      if (key == its.now) {
        v = qkv[its.value + i];
        if (its.appends) {
          values[at + i] = v;
        }
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
      let keep = exp(mine.x - top);
      let take = exp(other.x - top);
      scores[lane] = vec2(top, mine.y * keep + other.y * take);
      for (var i = 0u; i < VECTORS; i++) {
        sums[lane * VECTORS + i] = sums[lane * VECTORS + i] * keep + sums[(lane + reach) * VECTORS + i] * take;
      }
    }
  }
  workgroupBarrier();
  for (var i = lane; i < VECTORS; i += WORKGROUP) {
    y[its.output + i] = sums[i] / scores[0].y;
  }
}
