// Multi-head attention. One invocation per (8 neighbouring queries, sequence, head): what it loads of a key and a value serves all eight.
// The softmax is streamed: the running maxima, denominators and outputs are rescaled as larger scores appear.
// On a software adapter a load of 8 lanes is 8 branches and dear to compile, so copying loops are bounded by a uniform,
// which keeps them rolled; the loops that compute are bounded by constants, unrolled, and index nothing at run time.
// Prelude: WORKGROUP (invocations per workgroup), VECTORS (head dimension / 4), SCALE (1/√head dimension),
// BIASED (bias is given), MASKED (lengths is given), PACKED (q, k and v are one buffer), and what fragments::attention needs.
import fragments::{launch, attention, nonfinite};

const LOWEST = -3.4028234e38;
const HIGHEST = 3.4028234e38;
const TILE = 8u;
alias Head = array<vec4<f32>, VECTORS>;
alias Rows = array<vec4<f32>, TILE * VECTORS>;

/** Where all three lie in one buffer, it is bound once: a second binding would be looked up in every load. */
fn keyAt(place: u32) -> vec4<f32> {
  if (PACKED) {
    return q[place];
  }
  return k[place];
}

fn valueAt(place: u32) -> vec4<f32> {
  if (PACKED) {
    return q[place];
  }
  return v[place];
}

fn score(query: ptr<function, Rows>, row: u32, k: ptr<function, Head>) -> f32 {
  var products = vec4<f32>();
  for (var i = 0u; i < VECTORS; i++) {
    products += (*query)[row * VECTORS + i] * (*k)[i];
  }
  return total(products);
}

fn accumulate(sum: ptr<function, Rows>, row: u32, rescale: f32, weight: f32, v: ptr<function, Head>) {
  for (var i = 0u; i < VECTORS; i++) {
    (*sum)[row * VECTORS + i] = (*sum)[row * VECTORS + i] * rescale + weight * (*v)[i];
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let queries = uniforms.queries;
  let heads = uniforms.heads;
  // The lanes of a workgroup are neighbouring heads and sequences, which have as many keys to read; neighbouring
  // workgroups are the tiles of the same sequences, which read the same memory.
  let unit = groupOf(launch);
  let tiles = (queries + TILE - 1u) / TILE;
  let first = unit % tiles * TILE;
  let index = unit / tiles * WORKGROUP + lane;
  if (index >= uniforms.batch * heads) {
    return;
  }
  let sequence = index / heads;
  let head = index % heads;
  let keysEnd = keysOf(sequence);
  var length = queries;
  if (MASKED) {
    length = min(length, lengths[sequence]);
  }
  length = attending(length, keysEnd);

  let vectors = uniforms.headDim / 4u;
  let kvHead = kvHeadOf(head);
  let queryRow = queryBase(sequence, head);
  let keyRow = keyBase(sequence, kvHead) + uniforms.kAt;
  let valueRow = valueBase(sequence, kvHead) + uniforms.vAt;
  let outputRow = outputBase(sequence, head);
  var query: Rows;
  for (var i = 0u; i < TILE * vectors; i++) {
    query[i] = q[queryRow + min(first + i / VECTORS, queries - 1u) * uniforms.qTime + i % VECTORS] * SCALE;
  }
  let step = first + uniforms.offset;
  let place = first + uniforms.shift;
  let step0 = step + vec4<u32>(0u, 1u, 2u, 3u);
  let attended = min(first + TILE, max(length, first));
  // Queries that are taken together, all of the tile. What is not seen by one of them may be NaN or infinite, which a weight of 0 does not
  // take away: where a sum is not finite each is taken once more, alone, and goes through nothing but what it sees.
  var taken = first;
  var past = attended;
  loop {
    // The first query reaches farthest back, the last that attends farthest on.
    let start = firstKey(taken + uniforms.offset);
    let end = select(0u, endKey(past - 1u + uniforms.offset, keysEnd), taken < past);
    // Bias of each query's distance to the current key.
    var bias0 = vec4<f32>();
    var bias1 = vec4<f32>();
    if (BIASED) {
      for (var near = place - start; near != place - start + TILE; near++) {
        bias0 = vec4<f32>(bias0.yzw, bias1.x);
        bias1 = vec4<f32>(bias1.yzw, biasAt(near, head));
      }
    }
    var sum = Rows();
    var highest0 = vec4<f32>(LOWEST);
    var highest1 = vec4<f32>(LOWEST);
    var denominator0 = vec4<f32>();
    var denominator1 = vec4<f32>();
    for (var key = start; key < end; key++) {
      let keyPlace = keyRow + key * uniforms.kTime;
      let valuePlace = valueRow + key * uniforms.vTime;
      var ofKey: Head;
      var ofValue: Head;
      for (var i = 0u; i < VECTORS; i++) {
        ofKey[i] = keyAt(keyPlace + i);
        ofValue[i] = valueAt(valuePlace + i);
      }
      let seen0 = seesFour(step0, vec4<u32>(key), keysEnd);
      let seen1 = seesFour(step0 + 4u, vec4<u32>(key), keysEnd);
      let raw0 = vec4(score(&query, 0u, &ofKey), score(&query, 1u, &ofKey), score(&query, 2u, &ofKey), score(&query, 3u, &ofKey)) + bias0;
      let raw1 = vec4(score(&query, 4u, &ofKey), score(&query, 5u, &ofKey), score(&query, 6u, &ofKey), score(&query, 7u, &ofKey)) + bias1;
      // What is not seen has a weight of exp(−∞): none.
      let score0 = select(-vec4<f32>(infinity()), raw0, seen0);
      let score1 = select(-vec4<f32>(infinity()), raw1, seen1);
      if (BIASED) {
        // A later key is one step nearer to all: the eight shift along.
        bias1 = vec4<f32>(bias0.w, bias1.xyz);
        bias0 = vec4<f32>(biasAt(max(place, key + 1u) - (key + 1u), head), bias0.xyz);
      }
      // Of rescale and weight one is 1, the other the exponential of minus the distance between score and maximum.
      let decay0 = exp(-abs(score0 - highest0));
      let decay1 = exp(-abs(score1 - highest1));
      let rescale0 = select(vec4<f32>(1.0), decay0, score0 > highest0);
      let rescale1 = select(vec4<f32>(1.0), decay1, score1 > highest1);
      let weight0 = select(decay0, vec4<f32>(1.0), score0 > highest0);
      let weight1 = select(decay1, vec4<f32>(1.0), score1 > highest1);
      highest0 = max(highest0, score0);
      highest1 = max(highest1, score1);
      denominator0 = denominator0 * rescale0 + weight0;
      denominator1 = denominator1 * rescale1 + weight1;
      accumulate(&sum, 0u, rescale0.x, weight0.x, &ofValue);
      accumulate(&sum, 1u, rescale0.y, weight0.y, &ofValue);
      accumulate(&sum, 2u, rescale0.z, weight0.z, &ofValue);
      accumulate(&sum, 3u, rescale0.w, weight0.w, &ofValue);
      accumulate(&sum, 4u, rescale1.x, weight1.x, &ofValue);
      accumulate(&sum, 5u, rescale1.y, weight1.y, &ofValue);
      accumulate(&sum, 6u, rescale1.z, weight1.z, &ofValue);
      accumulate(&sum, 7u, rescale1.w, weight1.w, &ofValue);
    }
    // Where all scores are −∞, or one is +∞, the softmax is NaN.
    let nan = vec4<f32>(notANumber());
    denominator0 = select(denominator0, nan, (highest0 <= vec4<f32>(LOWEST)) | (highest0 > vec4<f32>(HIGHEST)));
    denominator1 = select(denominator1, nan, (highest1 <= vec4<f32>(LOWEST)) | (highest1 > vec4<f32>(HIGHEST)));
    var together = vec4<f32>();
    for (var i = 0u; i < min(TILE, queries - first); i++) {
      let attends = first + i < length;
      let denominator = select(1.0, denominator0.x, attends);
      if (i >= taken - first && (i < past - first || !attends)) {
        for (var j = 0u; j < vectors; j++) {
          let value = select(vec4<f32>(), sum[i * VECTORS + j] / denominator, attends);
          y[outputRow + (first + i) * uniforms.yTime + j] = value;
          together += value;
        }
        lse[index * queries + first + i] = select(ENDED, highest0.x + log(denominator), attends);
      }
      denominator0 = vec4<f32>(denominator0.yzw, denominator1.x);
      denominator1 = vec4<f32>(denominator1.yzw, 1.0);
      highest0 = vec4<f32>(highest0.yzw, highest1.x);
      highest1 = vec4<f32>(highest1.yzw, 0.0);
    }
    if (!HIDING) {
      break;
    }
    let alone = past - taken == 1u;
    if (finite(total(together)) && !alone) {
      break;
    }
    taken = select(first, past, alone);
    past = taken + 1u;
    if (past > attended) {
      break;
    }
  }
}
