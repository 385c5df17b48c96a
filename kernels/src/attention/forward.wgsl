// Multi-head attention. One invocation per (8 neighbouring queries, sequence, head): what it loads of a key and a value serves all eight.
// The softmax is streamed: the running maxima, denominators and outputs are rescaled as larger scores appear.
// On a software adapter a load of 8 lanes is 8 branches and dear to compile, so copying loops are bounded by a uniform,
// which keeps them rolled; the loops that compute are bounded by constants, unrolled, and index nothing at run time.
// Prelude: WORKGROUP (invocations per workgroup), VECTORS (head dimension / 4), SCALE (1/√head dimension),
// BIASED (bias is given), MASKED (lengths is given), and what fragments::attention needs.
import fragments::{launch, attention};

const LOWEST = -3.4028234e38;
const HIGHEST = 3.4028234e38;
const TILE = 8u;
alias Head = array<vec4<f32>, VECTORS>;
alias Rows = array<vec4<f32>, TILE * VECTORS>;

var<private> nanBits: u32 = 0x7fc00000u;

// What an invocation holds of its eight queries. Bias: of each one's distance to the current key.
var<private> query: Rows;
var<private> sum: Rows;
var<private> bias0: vec4<f32>;
var<private> bias1: vec4<f32>;
var<private> highest0: vec4<f32>;
var<private> highest1: vec4<f32>;
var<private> denominator0: vec4<f32>;
var<private> denominator1: vec4<f32>;

fn score(row: u32, k: ptr<function, Head>) -> f32 {
  var products = vec4<f32>();
  for (var i = 0u; i < VECTORS; i++) {
    products += query[row * VECTORS + i] * (*k)[i];
  }
  return total(products);
}

/** A value that is not seen may be NaN, which a weight of 0 would not take away. */
fn accumulate(row: u32, rescale: f32, weight: f32, v: ptr<function, Head>, seen: bool) {
  for (var i = 0u; i < VECTORS; i++) {
    let before = sum[row * VECTORS + i];
    sum[row * VECTORS + i] = select(before, before * rescale + weight * (*v)[i], seen);
  }
}

/**
 * Takes a key and its value in. @param step of the first query. @param whole all eight see it: a constant, for which the compiler leaves
 * out what follows from it.
 */
fn visit(key: u32, keyPlace: u32, valuePlace: u32, step: u32, end: u32, whole: bool) {
  var ofKey: Head;
  var ofValue: Head;
  for (var i = 0u; i < VECTORS; i++) {
    ofKey[i] = k[keyPlace + i];
    ofValue[i] = v[valuePlace + i];
  }
  let step0 = step + vec4<u32>(0u, 1u, 2u, 3u);
  let all = vec4<bool>(whole);
  let seen0 = all | seesFour(step0, vec4<u32>(key), end);
  let seen1 = all | seesFour(step0 + 4u, vec4<u32>(key), end);
  let raw0 = vec4(score(0u, &ofKey), score(1u, &ofKey), score(2u, &ofKey), score(3u, &ofKey)) + bias0;
  let raw1 = vec4(score(4u, &ofKey), score(5u, &ofKey), score(6u, &ofKey), score(7u, &ofKey)) + bias1;
  let score0 = select(vec4<f32>(LOWEST), raw0, seen0);
  let score1 = select(vec4<f32>(LOWEST), raw1, seen1);
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
  accumulate(0u, rescale0.x, weight0.x, &ofValue, seen0.x);
  accumulate(1u, rescale0.y, weight0.y, &ofValue, seen0.y);
  accumulate(2u, rescale0.z, weight0.z, &ofValue, seen0.z);
  accumulate(3u, rescale0.w, weight0.w, &ofValue, seen0.w);
  accumulate(4u, rescale1.x, weight1.x, &ofValue, seen1.x);
  accumulate(5u, rescale1.y, weight1.y, &ofValue, seen1.y);
  accumulate(6u, rescale1.z, weight1.z, &ofValue, seen1.z);
  accumulate(7u, rescale1.w, weight1.w, &ofValue, seen1.w);
}

/** A later key is one step nearer to all: the eight shift along. @param place of the first query's distance to the key after `key`. */
fn shiftBiases(place: u32, key: u32, head: u32) {
  if (BIASED) {
    bias1 = vec4<f32>(bias0.w, bias1.xyz);
    bias0 = vec4<f32>(biasAt(max(place, key + 1u) - (key + 1u), head), bias0.xyz);
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
  for (var i = 0u; i < TILE * vectors; i++) {
    query[i] = q[queryRow + min(first + i / VECTORS, queries - 1u) * uniforms.qTime + i % VECTORS] * SCALE;
  }
  let step = first + uniforms.offset;
  // The first query reaches farthest back, the last farthest on.
  let start = firstKey(step);
  let end = select(0u, endKey(step + TILE - 1u, keysEnd), first < length);
  let place = first + uniforms.shift;
  if (BIASED) {
    for (var near = place - start; near < place - start + TILE; near++) {
      bias0 = vec4<f32>(bias0.yzw, bias1.x);
      bias1 = vec4<f32>(bias1.yzw, biasAt(near, head));
    }
  }
  highest0 = vec4<f32>(LOWEST);
  highest1 = vec4<f32>(LOWEST);
  // All eight see the keys between: from where the last one's window begins up to the first one's step.
  var whole = start;
  if (WINDOWED) {
    whole = min(end, max(start, max(step + TILE, uniforms.window) - uniforms.window));
    for (var key = start; key < whole; key++) {
      visit(key, keyRow + key * uniforms.kTime, valueRow + key * uniforms.vTime, step, keysEnd, false);
      shiftBiases(place, key, head);
    }
  }
  var wholeEnd = end;
  if (CAUSAL) {
    wholeEnd = min(end, max(whole, step + 1u));
  }
  for (var key = whole; key < wholeEnd; key++) {
    visit(key, keyRow + key * uniforms.kTime, valueRow + key * uniforms.vTime, step, keysEnd, true);
    shiftBiases(place, key, head);
  }
  if (CAUSAL) {
    for (var key = wholeEnd; key < end; key++) {
      visit(key, keyRow + key * uniforms.kTime, valueRow + key * uniforms.vTime, step, keysEnd, false);
      shiftBiases(place, key, head);
    }
  }
  // Where all scores are −∞, or one is +∞, the softmax is NaN.
  let nan = vec4<f32>(bitcast<f32>(nanBits));
  denominator0 = select(denominator0, nan, (highest0 <= vec4<f32>(LOWEST)) | (highest0 > vec4<f32>(HIGHEST)));
  denominator1 = select(denominator1, nan, (highest1 <= vec4<f32>(LOWEST)) | (highest1 > vec4<f32>(HIGHEST)));

  for (var i = 0u; i < min(TILE, queries - first); i++) {
    let attends = first + i < length;
    let denominator = select(1.0, denominator0.x, attends);
    for (var j = 0u; j < vectors; j++) {
      let value = select(vec4<f32>(), sum[i * VECTORS + j] / denominator, attends);
      y[outputRow + (first + i) * uniforms.yTime + j] = value;
    }
    lse[index * queries + first + i] = select(ENDED, highest0.x + log(denominator), attends);
    denominator0 = vec4<f32>(denominator0.yzw, denominator1.x);
    denominator1 = vec4<f32>(denominator1.yzw, 1.0);
    highest0 = vec4<f32>(highest0.yzw, highest1.x);
    highest1 = vec4<f32>(highest1.yzw, 0.0);
  }
}
