// One step of causal attention against caches of keys and values: one invocation per (sequence, head) appends its
// key and value at position `step`, then attends over positions 0…step, or the last of them where there is a window.
// Nothing it reads from a cache is written by another invocation, and its own key and value come from qkv.
// Prelude: WORKGROUP (invocations per workgroup), SCALE (1/√head dimension), and what fragments::attentionCache needs.
import fragments::{index, attentionCache};

const LOWEST = -3.4028234e38;
const HIGHEST = 3.4028234e38;

var<private> nanBits: u32 = 0x7fc00000u;

fn total(v: vec4<f32>) -> f32 {
  return v.x + v.y + v.z + v.w;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let index = indexOf(launch, lane);
  if (index >= uniforms.batch * uniforms.heads) {
    return;
  }
  let its = stepOf(index);
  if (!its.present) {
    for (var i = 0u; i < VECTORS; i++) {
      y[its.output + i] = vec4<f32>();
    }
    return;
  }
  let append = its.row + its.now * its.stride;
  var q: array<vec4<f32>, VECTORS>;
  var sum: array<vec4<f32>, VECTORS>;
  var products = vec4<f32>();
  for (var i = 0u; i < VECTORS; i++) {
    q[i] = qkv[its.query + i] * SCALE;
    let k = qkv[its.key + i];
    let v = qkv[its.value + i];
    if (its.appends) {
      keys[append + i] = k;
      values[append + i] = v;
    }
    products += q[i] * k;
    sum[i] = v;
  }
  let mine = total(products) + biasOf(0u, its.head);
  // A score of −∞ has no weight, one that is NaN or +∞ makes it NaN.
  var highest = max(mine, LOWEST);
  var denominator = exp(mine - highest);
  for (var i = 0u; i < VECTORS; i++) {
    sum[i] *= denominator;
  }
  for (var key = its.start; key < its.now; key++) {
    let at = cachePlace(its, key);
    products = vec4<f32>();
    for (var i = 0u; i < VECTORS; i++) {
      products += q[i] * keys[at + i];
    }
    let score = total(products) + biasOf(its.now - key, its.head);
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
  denominator = select(denominator, bitcast<f32>(nanBits), highest > HIGHEST);
  for (var i = 0u; i < VECTORS; i++) {
    y[its.output + i] = sum[i] / denominator;
  }
}
