// Gradients of causal attention for queries and for the bias per distance, on GPUs: a workgroup takes QUERIES neighbouring queries of one
// sequence and head, and goes through the keys up to them a tile at a time, kept with their values in workgroup memory. LANES
// invocations share a query, a part of its elements each. It leaves Σ y·dy of each query for tiled-backward-keys.wgsl.
// Prelude: LANES, QUERIES, KEYS (a multiple of 8), VECTORS (head dimension / 4, a multiple of LANES), SCALE (1/√head dimension),
// ROLLED (loops over elements stay loops), BIASED (biasTable and bucketOfDistance are given), WINDOWED (there are keys beyond the window).
// window: steps that a query sees, its own included; 0: all.
// dBias: [batch, tiles of queries, heads, time]
import fragments::launch;

const ENDED = 1e30;
const CHUNK = 8u;
const MINE = VECTORS / LANES;
const WORKGROUP = QUERIES * LANES;
alias Chunk = array<f32, CHUNK>;

var<workgroup> keys: array<vec4<f32>, KEYS * VECTORS>;
var<workgroup> values: array<vec4<f32>, KEYS * VECTORS>;
var<workgroup> biases: array<f32, QUERIES + KEYS>;
// The gradient of every score of a tile, for the sums over distances.
var<workgroup> scores: array<f32, select(1u, QUERIES * KEYS, BIASED)>;
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

fn total(v: vec4<f32>) -> f32 {
  return v.x + v.y + v.z + v.w;
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
  let part = tiles - 1u - unit % tiles;
  let first = part * QUERIES;
  let sequence = index / heads;
  let head = index % heads;
  let slot = lane / LANES;
  let mine = lane % LANES * MINE;
  let query = first + slot;
  let held = min(query, time - 1u);
  let stride = 3u * heads * VECTORS;
  let row0 = sequence * time;
  let at = (row0 + held) * stride + head * VECTORS + mine;
  let keyColumn = (heads + head) * VECTORS;
  let valueColumn = (2u * heads + head) * VECTORS;
  let biasRow = ((sequence * tiles + part) * heads + head) * time;

  var q: array<vec4<f32>, MINE>;
  var g: array<vec4<f32>, MINE>;
  var dq: array<vec4<f32>, MINE>;
  var product = vec4<f32>();
  for (var i = 0u; i < mineEnd; i++) {
    let place = ((row0 + held) * heads + head) * VECTORS + mine + i;
    q[i] = qkv[at + i] * SCALE;
    g[i] = dy[place];
    product += g[i] * y[place];
  }
  var center: Chunk;
  center[0] = total(product);
  if (LANES > 1u) {
    share(lane, &center);
  }
  let ofRow = lse[index * time + held];
  let attends = query < time && ofRow < ENDED;
  if (BIASED) {
    for (var distance = lane; distance < time; distance += WORKGROUP) {
      dBias[biasRow + distance] = 0.0;
    }
  }
  let end = min(first + QUERIES, time);
  // Where the window of the first query begins, which reaches farthest back.
  var begin = 0u;
  if (WINDOWED) {
    begin = first - min(first, uniforms.window - 1u);
  }
  for (var tile = begin; tile < end; tile += KEYS) {
    workgroupBarrier();
    storageBarrier();
    for (var i = lane; i < KEYS * VECTORS; i += WORKGROUP) {
      let row = row0 + min(tile + i / VECTORS, time - 1u);
      keys[i] = qkv[row * stride + keyColumn + i % VECTORS];
      values[i] = qkv[row * stride + valueColumn + i % VECTORS];
    }
    if (BIASED) {
      for (var i = lane; i < QUERIES + KEYS - 1u; i += WORKGROUP) {
        let distance = i32(first + i) - i32(tile + KEYS - 1u);
        biases[i] = biasTable[bucketOfDistance[u32(clamp(distance, 0, i32(time) - 1))] * heads + head];
      }
    }
    workgroupBarrier();
    for (var start = 0u; start < KEYS; start += CHUNK) {
      var score: Chunk;
      var gradient: Chunk;
      for (var j = 0u; j < CHUNK; j++) {
        var ofKey = vec4<f32>();
        var ofValue = vec4<f32>();
        for (var i = 0u; i < mineEnd; i++) {
          ofKey += q[i] * keys[(start + j) * VECTORS + mine + i];
          ofValue += g[i] * values[(start + j) * VECTORS + mine + i];
        }
        score[j] = total(ofKey);
        gradient[j] = total(ofValue);
      }
      if (LANES > 1u) {
        share(lane, &score);
        share(lane, &gradient);
      }
      for (var j = 0u; j < CHUNK; j++) {
        if (BIASED) {
          score[j] += biases[slot + KEYS - 1u - start - j];
        }
        // A key that is not seen, or of a query past the end, may hold anything.
        var ds = 0.0;
        let key = tile + start + j;
        var seen = attends && key <= query;
        if (WINDOWED) {
          seen = seen && query < key + uniforms.window;
        }
        if (seen) {
          ds = exp(min(score[j] - ofRow, 0.0)) * (gradient[j] - center[0]);
          for (var i = 0u; i < mineEnd; i++) {
            dq[i] += ds * keys[(start + j) * VECTORS + mine + i];
          }
        }
        if (BIASED && mine == 0u) {
          scores[slot * KEYS + start + j] = ds;
        }
      }
    }
    if (BIASED) {
      workgroupBarrier();
      // Along each diagonal of the tile the distance is the same.
      for (var i = lane; i < QUERIES + KEYS - 1u; i += WORKGROUP) {
        if (first + i >= tile + KEYS - 1u) {
          let distance = first + i - (tile + KEYS - 1u);
          var sum = 0.0;
          for (var j = 0u; j < KEYS; j++) {
            if (i + j >= KEYS - 1u && i + j < QUERIES + KEYS - 1u) {
              sum += scores[(i + j - (KEYS - 1u)) * KEYS + j];
            }
          }
          if (distance < time) {
            dBias[biasRow + distance] += sum;
          }
        }
      }
    }
  }
  if (query < time) {
    for (var i = 0u; i < mineEnd; i++) {
      dqkv[at + i] = dq[i] * SCALE;
    }
    if (mine == 0u) {
      mean[index * time + query] = center[0];
    }
  }
}
