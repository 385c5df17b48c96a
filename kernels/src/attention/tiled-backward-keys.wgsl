// Gradients of causal attention for keys and values, on GPUs: a workgroup takes KEYS neighbouring keys of one sequence and head, and goes
// through the queries from the first of them on a tile at a time, kept with their gradients in workgroup memory. LANES invocations
// share a key, a part of its elements each.
// Prelude: LANES, KEYS, QUERIES (a multiple of 8), VECTORS (head dimension / 4, a multiple of LANES), SCALE (1/√head dimension),
// ROLLED (loops over elements stay loops), BIASED (biasTable and bucketOfDistance are given), WINDOWED (there are keys beyond the window).
// window: steps that a query sees, its own included; 0: all.
import fragments::launch;

const ENDED = 1e30;
const CHUNK = 8u;
const MINE = VECTORS / LANES;
const WORKGROUP = KEYS * LANES;
alias Chunk = array<f32, CHUNK>;

var<workgroup> queries: array<vec4<f32>, QUERIES * VECTORS>;
var<workgroup> gradients: array<vec4<f32>, QUERIES * VECTORS>;
// Log-sum-exp and Σ y·dy of each query.
var<workgroup> rows: array<vec2<f32>, QUERIES>;
var<workgroup> biases: array<f32, QUERIES + KEYS>;
var<workgroup> partial: array<f32, select(1u, WORKGROUP * CHUNK, LANES > 1u)>;

/** Adds up what the invocations of each key hold, in one order for all of them. */
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
  let tiles = (time + KEYS - 1u) / KEYS;
  let unit = groupOf(launch);
  let index = unit / tiles;
  if (index >= uniforms.batch * heads) {
    return;
  }
  let first = unit % tiles * KEYS;
  let sequence = index / heads;
  let head = index % heads;
  let slot = lane / LANES;
  let mine = lane % LANES * MINE;
  let key = first + slot;
  let stride = 3u * heads * VECTORS;
  let row0 = sequence * time;
  let at = (row0 + min(key, time - 1u)) * stride + mine;
  let keyColumn = (heads + head) * VECTORS;
  let valueColumn = (2u * heads + head) * VECTORS;

  var k: array<vec4<f32>, MINE>;
  var v: array<vec4<f32>, MINE>;
  var dk: array<vec4<f32>, MINE>;
  var dv: array<vec4<f32>, MINE>;
  for (var i = 0u; i < mineEnd; i++) {
    k[i] = qkv[at + keyColumn + i] * SCALE;
    v[i] = qkv[at + valueColumn + i];
  }
  var end = time;
  if (WINDOWED) {
    // Where the last of the keys is out of sight.
    end = min(time, first + KEYS - 1u + uniforms.window);
  }
  for (var tile = first; tile < end; tile += QUERIES) {
    workgroupBarrier();
    for (var i = lane; i < QUERIES * VECTORS; i += WORKGROUP) {
      let row = row0 + min(tile + i / VECTORS, time - 1u);
      queries[i] = qkv[row * stride + head * VECTORS + i % VECTORS];
      gradients[i] = dy[(row * heads + head) * VECTORS + i % VECTORS];
    }
    for (var i = lane; i < QUERIES; i += WORKGROUP) {
      var row = vec2<f32>(ENDED, 0.0);
      if (tile + i < time) {
        row = vec2<f32>(lse[index * time + tile + i], mean[index * time + tile + i]);
      }
      rows[i] = row;
    }
    if (BIASED) {
      for (var i = lane; i < QUERIES + KEYS - 1u; i += WORKGROUP) {
        let distance = i32(tile + i) - i32(first + KEYS - 1u);
        biases[i] = biasTable[bucketOfDistance[u32(clamp(distance, 0, i32(time) - 1))] * heads + head];
      }
    }
    workgroupBarrier();
    for (var start = 0u; start < QUERIES; start += CHUNK) {
      var score: Chunk;
      var gradient: Chunk;
      for (var j = 0u; j < CHUNK; j++) {
        var ofQuery = vec4<f32>();
        var ofGradient = vec4<f32>();
        for (var i = 0u; i < mineEnd; i++) {
          ofQuery += k[i] * queries[(start + j) * VECTORS + mine + i];
          ofGradient += v[i] * gradients[(start + j) * VECTORS + mine + i];
        }
        score[j] = total(ofQuery);
        gradient[j] = total(ofGradient);
      }
      if (LANES > 1u) {
        share(lane, &score);
        share(lane, &gradient);
      }
      for (var j = 0u; j < CHUNK; j++) {
        let row = rows[start + j];
        if (BIASED) {
          score[j] += biases[start + j + KEYS - 1u - slot];
        }
        // A query that does not see the key, or is past the end, may hold anything.
        let query = tile + start + j;
        var sees = row.x < ENDED && key <= query;
        if (WINDOWED) {
          sees = sees && query < key + uniforms.window;
        }
        if (sees) {
          let weight = exp(min(score[j] - row.x, 0.0));
          let ds = weight * (gradient[j] - row.y);
          for (var i = 0u; i < mineEnd; i++) {
            dv[i] += weight * gradients[(start + j) * VECTORS + mine + i];
            dk[i] += ds * queries[(start + j) * VECTORS + mine + i];
          }
        }
      }
    }
  }
  if (key < time) {
    for (var i = 0u; i < mineEnd; i++) {
      dqkv[at + keyColumn + i] = dk[i] * SCALE;
      dqkv[at + valueColumn + i] = dv[i];
    }
  }
}
