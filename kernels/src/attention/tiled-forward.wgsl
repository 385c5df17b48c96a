// Causal attention for GPUs: a workgroup takes QUERIES neighbouring queries of one sequence and head, and goes through the keys up to
// them a tile at a time, kept with their values in workgroup memory. LANES invocations share a query, a part of its elements each.
// The softmax is streamed, eight keys at a time.
// Prelude: LANES, QUERIES, KEYS (a multiple of 8), VECTORS (head dimension / 4, a multiple of LANES), SCALE (1/√head dimension),
// ROLLED (loops over elements stay loops), BIASED (biasTable and bucketOfDistance are given), MASKED (lengths is given), WINDOWED
// (there are keys beyond the window).
// window: steps that a query sees, its own included; 0: all.
import fragments::launch;

const LOWEST = -1e30;
// The log-sum-exp of a query past its sequence's length, by which the backward pass knows it.
const ENDED = 1e30;
const CHUNK = 8u;
const MINE = VECTORS / LANES;
const WORKGROUP = QUERIES * LANES;
alias Chunk = array<f32, CHUNK>;

var<workgroup> keys: array<vec4<f32>, KEYS * VECTORS>;
var<workgroup> values: array<vec4<f32>, KEYS * VECTORS>;
// Bias of each distance between the queries and the keys of a tile, from the nearest on.
var<workgroup> biases: array<f32, QUERIES + KEYS>;
var<workgroup> partial: array<f32, select(1u, WORKGROUP * CHUNK, LANES > 1u)>;

/** Adds up what the invocations of each query hold, in one order for all of them. */
fn share(lane: u32, chunk: ptr<function, Chunk>) {
  for (var j = 0u; j < CHUNK; j++) {
    partial[lane * CHUNK + j] = (*chunk)[j];
  }
  workgroupBarrier();
  for (var j = 0u; j < CHUNK; j++) {
    var sum = 0.0;
    for (var part = 0u; part < LANES; part++) {
      sum += partial[(lane / LANES * LANES + part) * CHUNK + j];
    }
    (*chunk)[j] = sum;
  }
  workgroupBarrier();
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  // Registers are indexed by constants where loops are unrolled; a software adapter would compile those for minutes.
  let mineEnd = select(MINE, uniforms.headDim / (4u * LANES), ROLLED);
  let time = uniforms.time;
  let heads = uniforms.heads;
  let tiles = (time + QUERIES - 1u) / QUERIES;
  let unit = groupOf(launch);
  let index = unit / tiles;
  if (index >= uniforms.batch * heads) {
    return;
  }
  // The last tiles have most keys to go through: they begin first.
  let first = (tiles - 1u - unit % tiles) * QUERIES;
  let sequence = index / heads;
  let head = index % heads;
  var length = time;
  if (MASKED) {
    length = min(time, lengths[sequence]);
  }
  let slot = lane / LANES;
  let mine = lane % LANES * MINE;
  let query = first + slot;
  let stride = 3u * heads * VECTORS;
  let row0 = sequence * time;
  let keyColumn = (heads + head) * VECTORS;
  let valueColumn = (2u * heads + head) * VECTORS;

  var q: array<vec4<f32>, MINE>;
  var sum: array<vec4<f32>, MINE>;
  for (var i = 0u; i < mineEnd; i++) {
    q[i] = qkv[(row0 + min(query, time - 1u)) * stride + head * VECTORS + mine + i] * SCALE;
  }
  var highest = LOWEST;
  var denominator = 0.0;
  let end = min(first + QUERIES, length);
  // Where the window of the first query begins, which reaches farthest back.
  var begin = 0u;
  if (WINDOWED) {
    begin = first - min(first, uniforms.window - 1u);
  }
  for (var tile = begin; tile < end; tile += KEYS) {
    workgroupBarrier();
    for (var i = lane; i < KEYS * VECTORS; i += WORKGROUP) {
      let key = tile + i / VECTORS;
      var k = vec4<f32>();
      var v = vec4<f32>();
      if (key < end) {
        k = qkv[(row0 + key) * stride + keyColumn + i % VECTORS];
        v = qkv[(row0 + key) * stride + valueColumn + i % VECTORS];
      }
      keys[i] = k;
      values[i] = v;
    }
    if (BIASED) {
      for (var i = lane; i < QUERIES + KEYS - 1u; i += WORKGROUP) {
        let distance = i32(first + i) - i32(tile + KEYS - 1u);
        biases[i] = biasTable[bucketOfDistance[u32(clamp(distance, 0, i32(time) - 1))] * heads + head];
      }
    }
    workgroupBarrier();
    for (var start = 0u; start < KEYS && tile + start < end; start += CHUNK) {
      var score: Chunk;
      for (var j = 0u; j < CHUNK; j++) {
        var product = vec4<f32>();
        for (var i = 0u; i < mineEnd; i++) {
          product += q[i] * keys[(start + j) * VECTORS + mine + i];
        }
        score[j] = product.x + product.y + product.z + product.w;
      }
      if (LANES > 1u) {
        share(lane, &score);
      }
      var next = highest;
      for (var j = 0u; j < CHUNK; j++) {
        if (BIASED) {
          score[j] += biases[slot + KEYS - 1u - start - j];
        }
        let key = tile + start + j;
        var seen = key <= query && key < length;
        if (WINDOWED) {
          seen = seen && query < key + uniforms.window;
        }
        score[j] = select(LOWEST, score[j], seen);
        next = max(next, score[j]);
      }
      let rescale = exp(highest - next);
      denominator *= rescale;
      for (var i = 0u; i < mineEnd; i++) {
        sum[i] *= rescale;
      }
      for (var j = 0u; j < CHUNK; j++) {
        let weight = select(0.0, exp(score[j] - next), score[j] > LOWEST);
        denominator += weight;
        for (var i = 0u; i < mineEnd; i++) {
          sum[i] += weight * values[(start + j) * VECTORS + mine + i];
        }
      }
      highest = next;
    }
  }

  if (query < time) {
    let attends = query < length;
    let divisor = select(1.0, denominator, attends);
    for (var i = 0u; i < mineEnd; i++) {
      y[((row0 + query) * heads + head) * VECTORS + mine + i] = select(vec4<f32>(), sum[i] / divisor, attends);
    }
    if (mine == 0u) {
      lse[index * time + query] = select(ENDED, highest + log(divisor), attends);
    }
  }
}
