// Gradients of attention for keys and values, on GPUs: a workgroup takes KEYS neighbouring keys of one sequence and head of keys, and
// goes through the queries that see them, of every head that shares them, a tile at a time, kept with their gradients in workgroup memory.
// Prelude: SCALE (1/√head dimension), and what fragments::attentionTiles needs, TILE = QUERIES.
import fragments::{launch, attentionTiles};

const WORKGROUP = KEYS * LANES;

// Log-sum-exp and Σ y·dy of each query.
var<workgroup> rows: array<vec2<f32>, QUERIES>;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let queries = uniforms.queries;
  let heads = uniforms.heads;
  let tiles = (uniforms.keys + KEYS - 1u) / KEYS;
  let unit = groupOf(launch);
  let index = unit / tiles;
  if (index >= uniforms.batch * uniforms.kvHeads) {
    return;
  }
  let first = unit % tiles * KEYS;
  let sequence = index / uniforms.kvHeads;
  let kvHead = index % uniforms.kvHeads;
  let sharers = sharersOf();
  let keysEnd = keysOf(sequence);
  let slot = lane / LANES;
  let mine = lane % LANES * MINE;
  let key = first + slot;
  let held = min(key, uniforms.keys - 1u);
  let keyPlace = keyBase(sequence, kvHead) + held * uniforms.kTime + mine;
  let valuePlace = valueBase(sequence, kvHead) + held * uniforms.vTime + mine;

  var ofKey: Mine;
  var ofValue: Mine;
  var dk: Mine;
  var dv: Mine;
  for (var i = 0u; i < mineEnd(); i++) {
    ofKey[i] = k[keyPlace + uniforms.kAt + i] * SCALE;
    ofValue[i] = v[valuePlace + uniforms.vAt + i];
  }
  let begin = firstQuery(first);
  let end = select(0u, endQuery(first + KEYS - 1u, queries), first < keysEnd);
  for (var sharer = 0u; sharer < sharers; sharer++) {
    let head = kvHead * sharers + sharer;
    let row = (sequence * heads + head) * queries;
    let queryRow = queryBase(sequence, head);
    let outputRow = outputBase(sequence, head);
    for (var tile = begin; tile < end; tile += QUERIES) {
      workgroupBarrier();
      for (var i = lane; i < QUERIES * VECTORS; i += WORKGROUP) {
        let query = min(tile + i / VECTORS, queries - 1u);
        scored[i] = q[queryRow + query * uniforms.qTime + i % VECTORS];
        weighed[i] = dy[outputRow + query * uniforms.yTime + i % VECTORS];
      }
      for (var i = lane; i < QUERIES; i += WORKGROUP) {
        var ofRow = vec2<f32>(ENDED, 0.0);
        if (tile + i < queries) {
          ofRow = vec2<f32>(lse[row + tile + i], lse[uniforms.batch * heads * queries + row + tile + i]);
        }
        rows[i] = ofRow;
      }
      loadBiases(lane, head, tile, first);
      workgroupBarrier();
      for (var start = 0u; start < QUERIES; start += CHUNK) {
        var score = scoredProducts(lane, &ofKey, start);
        var gradient = weighedProducts(lane, &ofValue, start);
        for (var j = 0u; j < CHUNK; j++) {
          let ofRow = rows[start + j];
          if (BIASED) {
            score[j] += biases[start + j + KEYS - 1u - slot];
          }
          // A query that does not see the key, or is past the end, may hold anything.
          if (!(ofRow.x == ENDED) && sees(tile + start + j + uniforms.offset, key, keysEnd)) {
            let weight = weightOf(score[j] - ofRow.x);
            let ds = weight * (gradient[j] - ofRow.y);
            for (var i = 0u; i < mineEnd(); i++) {
              dv[i] += weight * weighed[(start + j) * VECTORS + mine + i];
              dk[i] += ds * scored[(start + j) * VECTORS + mine + i];
            }
          }
        }
      }
    }
  }
  if (key < uniforms.keys) {
    for (var i = 0u; i < mineEnd(); i++) {
      dqkv[uniforms.dkAt + keyPlace + i] = dk[i] * SCALE;
      dqkv[uniforms.dvAt + valuePlace + i] = dv[i];
    }
  }
}
