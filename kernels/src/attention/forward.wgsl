// Causal multi-head attention with a learned bias per distance bucket and head. One invocation per (8 neighbouring
// queries, sequence, head): what it loads of a key and a value serves all eight. The softmax is streamed: the running
// maxima, denominators and outputs are rescaled as larger scores appear.
// On a software adapter a load of 8 lanes is 8 branches and dear to compile, so copying loops are bounded by a uniform,
// which keeps them rolled; the loops that compute are bounded by constants, unrolled, and index nothing at run time.
// Prelude: WORKGROUP (invocations per workgroup), VECTORS (head dimension / 4), SCALE (1/√head dimension),
// BIASED (biasTable and bucketOfDistance are given), MASKED (lengths is given), WINDOWED (there are keys beyond the window).
// window: steps that a query sees, its own included; 0: all.
import fragments::launch;

const LOWEST = -1e30;
// The log-sum-exp of a query past its sequence's length, by which the backward pass knows it.
const ENDED = 1e30;
const TILE = 8u;
alias Head = array<vec4<f32>, VECTORS>;
alias Rows = array<vec4<f32>, TILE * VECTORS>;

fn score(q: ptr<function, Rows>, row: u32, k: ptr<function, Head>) -> f32 {
  var products = vec4<f32>();
  for (var i = 0u; i < VECTORS; i++) {
    products += (*q)[row * VECTORS + i] * (*k)[i];
  }
  return products.x + products.y + products.z + products.w;
}

fn accumulate(sum: ptr<function, Rows>, row: u32, rescale: f32, weight: f32, v: ptr<function, Head>) {
  for (var i = 0u; i < VECTORS; i++) {
    (*sum)[row * VECTORS + i] = (*sum)[row * VECTORS + i] * rescale + weight * (*v)[i];
  }
}

fn bias(distance: u32, head: u32) -> f32 {
  return biasTable[bucketOfDistance[min(distance, uniforms.time - 1u)] * uniforms.heads + head];
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let time = uniforms.time;
  let heads = uniforms.heads;
  // The lanes of a workgroup are neighbouring heads and sequences, which have as many keys to read; neighbouring
  // workgroups are the tiles of the same sequences, which read the same memory.
  let unit = groupOf(launch);
  let tiles = (time + TILE - 1u) / TILE;
  let first = unit % tiles * TILE;
  let index = unit / tiles * WORKGROUP + lane;
  if (index >= uniforms.batch * heads) {
    return;
  }
  let sequence = index / heads;
  let head = index % heads;
  var length = time;
  if (MASKED) {
    length = min(time, lengths[sequence]);
  }

  let vectors = uniforms.headDim / 4u;
  let stride = 3u * heads * VECTORS;
  let row0 = sequence * time;
  let keyColumn = (heads + head) * VECTORS;
  let valueColumn = (2u * heads + head) * VECTORS;
  var q: Rows;
  var sum: Rows;
  for (var i = 0u; i < TILE * vectors; i++) {
    let query = min(first + i / VECTORS, time - 1u);
    q[i] = qkv[(row0 + query) * stride + head * VECTORS + i % VECTORS] * SCALE;
  }
  // Where the window of the first query begins, which reaches farthest back.
  var start = 0u;
  if (WINDOWED) {
    start = first - min(first, uniforms.window - 1u);
  }
  // Bias of each query's distance to the current key. A later key is one step nearer to all: the eight shift along.
  var bias0 = vec4<f32>();
  var bias1 = vec4<f32>();
  if (BIASED) {
    for (var distance = first - start; distance < first - start + TILE; distance++) {
      bias0 = vec4<f32>(bias0.yzw, bias1.x);
      bias1 = vec4<f32>(bias1.yzw, bias(distance, head));
    }
  }
  let query0 = first + vec4<u32>(0u, 1u, 2u, 3u);
  let query1 = query0 + 4u;
  var highest0 = vec4<f32>(LOWEST);
  var highest1 = vec4<f32>(LOWEST);
  var denominator0 = vec4<f32>();
  var denominator1 = vec4<f32>();
  let end = min(first + TILE, length);
  for (var key = start; key < end; key++) {
    let at = (row0 + key) * stride;
    var k: Head;
    var v: Head;
    for (var i = 0u; i < VECTORS; i++) {
      k[i] = qkv[at + keyColumn + i];
      v[i] = qkv[at + valueColumn + i];
    }
    var seen0 = vec4<u32>(key) <= query0;
    var seen1 = vec4<u32>(key) <= query1;
    if (WINDOWED) {
      seen0 = seen0 & (query0 < vec4<u32>(key + uniforms.window));
      seen1 = seen1 & (query1 < vec4<u32>(key + uniforms.window));
    }
    let raw0 = vec4<f32>(score(&q, 0u, &k), score(&q, 1u, &k), score(&q, 2u, &k), score(&q, 3u, &k)) + bias0;
    let raw1 = vec4<f32>(score(&q, 4u, &k), score(&q, 5u, &k), score(&q, 6u, &k), score(&q, 7u, &k)) + bias1;
    let score0 = select(vec4<f32>(LOWEST), raw0, seen0);
    let score1 = select(vec4<f32>(LOWEST), raw1, seen1);
    if (BIASED) {
      bias1 = vec4<f32>(bias0.w, bias1.xyz);
      bias0 = vec4<f32>(bias(max(first, key + 1u) - (key + 1u), head), bias0.xyz);
    }
    // Of rescale and weight one is 1, the other the exponential of minus the distance between score and maximum.
    let decay0 = exp(-abs(score0 - highest0));
    let decay1 = exp(-abs(score1 - highest1));
    let rescale0 = select(vec4<f32>(1.0), decay0, score0 > highest0);
    let rescale1 = select(vec4<f32>(1.0), decay1, score1 > highest1);
    let weight0 = select(vec4<f32>(), select(decay0, vec4<f32>(1.0), score0 > highest0), seen0);
    let weight1 = select(vec4<f32>(), select(decay1, vec4<f32>(1.0), score1 > highest1), seen1);
    highest0 = max(highest0, score0);
    highest1 = max(highest1, score1);
    denominator0 = denominator0 * rescale0 + weight0;
    denominator1 = denominator1 * rescale1 + weight1;
    accumulate(&sum, 0u, rescale0.x, weight0.x, &v);
    accumulate(&sum, 1u, rescale0.y, weight0.y, &v);
    accumulate(&sum, 2u, rescale0.z, weight0.z, &v);
    accumulate(&sum, 3u, rescale0.w, weight0.w, &v);
    accumulate(&sum, 4u, rescale1.x, weight1.x, &v);
    accumulate(&sum, 5u, rescale1.y, weight1.y, &v);
    accumulate(&sum, 6u, rescale1.z, weight1.z, &v);
    accumulate(&sum, 7u, rescale1.w, weight1.w, &v);
  }

  for (var i = 0u; i < min(TILE, time - first); i++) {
    let query = first + i;
    let attends = query < length;
    let denominator = select(1.0, denominator0.x, attends);
    for (var j = 0u; j < vectors; j++) {
      y[((row0 + query) * heads + head) * VECTORS + j] = select(vec4<f32>(), sum[i * VECTORS + j] / denominator, attends);
    }
    lse[(sequence * heads + head) * time + query] = select(ENDED, highest0.x + log(denominator), attends);
    denominator0 = vec4<f32>(denominator0.yzw, denominator1.x);
    denominator1 = vec4<f32>(denominator1.yzw, 1.0);
    highest0 = vec4<f32>(highest0.yzw, highest1.x);
    highest1 = vec4<f32>(highest1.yzw, 0.0);
  }
}
