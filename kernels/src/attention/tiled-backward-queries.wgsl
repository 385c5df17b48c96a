// Gradients of attention for queries and for the bias per distance, on GPUs: a workgroup takes QUERIES neighbouring queries of one sequence
// and head, and goes through the keys that they see a tile at a time, kept with their values in workgroup memory. It leaves Σ y·dy of
// each query, behind the log-sum-exps, for tiled-backward-keys.wgsl.
// Prelude: SCALE (1/√head dimension), and what fragments::attentionTiles needs, TILE = KEYS.
// dBias: [batch, tiles of queries, heads, distances]
import fragments::{launch, attentionTiles};

const WORKGROUP = QUERIES * LANES;

// The gradient of every score of a tile, for the sums over distances.
var<workgroup> scores: array<f32, select(1u, QUERIES * KEYS, BIASED)>;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let queries = uniforms.queries;
  let heads = uniforms.heads;
  let tiles = (queries + QUERIES - 1u) / QUERIES;
  let unit = groupOf(launch);
  let index = unit / tiles;
  if (index >= uniforms.batch * heads) {
    return;
  }
  let part = tiles - 1u - unit % tiles;
  let first = part * QUERIES;
  let sequence = index / heads;
  let head = index % heads;
  let keysEnd = keysOf(sequence);
  let slot = lane / LANES;
  let mine = lane % LANES * MINE;
  let query = first + slot;
  let step = query + uniforms.offset;
  let held = min(query, queries - 1u);
  let place = queryBase(sequence, head) + held * uniforms.qTime + mine;
  let output = outputBase(sequence, head) + held * uniforms.yTime + mine;
  let kvHead = kvHeadOf(head);
  let keyRow = keyBase(sequence, kvHead) + uniforms.kAt;
  let valueRow = valueBase(sequence, kvHead) + uniforms.vAt;
  let distances = uniforms.distances;
  let biasRow = ((sequence * tiles + part) * heads + head) * distances;

  var x: Mine;
  var g: Mine;
  var dq: Mine;
  var product = vec4<f32>();
  for (var i = 0u; i < mineEnd(); i++) {
    x[i] = q[place + i] * SCALE;
    g[i] = dy[output + i];
    product += g[i] * y[output + i];
  }
  var center: Chunk;
  center[0] = total(product);
  share(lane, &center);
  let rowLse = lse[index * queries + held];
  let attends = query < queries && !(rowLse == ENDED);
  if (BIASED) {
    for (var distance = lane; distance < distances; distance += WORKGROUP) {
      dBias[biasRow + distance] = 0.0;
    }
  }
  let begin = firstKey(first + uniforms.offset);
  let end = endKey(min(first + QUERIES, queries) + uniforms.offset - 1u, keysEnd);
  for (var tile = begin; tile < end; tile += KEYS) {
    workgroupBarrier();
    storageBarrier();
    loadKeys(lane, tile, end, keyRow, valueRow);
    loadBiases(lane, head, first, tile);
    workgroupBarrier();
    for (var start = 0u; start < KEYS; start += CHUNK) {
      var score = scoredProducts(lane, &x, start);
      var gradient = weighedProducts(lane, &g, start);
      for (var j = 0u; j < CHUNK; j++) {
        if (BIASED) {
          score[j] += biases[slot + KEYS - 1u - start - j];
        }
        // A key that is not seen, or of a query past the end, may hold anything.
        var ds = 0.0;
        if (attends && sees(step, tile + start + j, end)) {
          ds = weightOf(score[j] - rowLse) * (gradient[j] - center[0]);
          for (var i = 0u; i < mineEnd(); i++) {
            dq[i] += ds * scored[(start + j) * VECTORS + mine + i];
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
        if (first + i + uniforms.shift >= tile + KEYS - 1u) {
          let distance = first + i + uniforms.shift - (tile + KEYS - 1u);
          var sum = 0.0;
          for (var j = 0u; j < KEYS; j++) {
            if (i + j >= KEYS - 1u && i + j < QUERIES + KEYS - 1u) {
              sum += scores[(i + j - (KEYS - 1u)) * KEYS + j];
            }
          }
          if (distance < distances) {
            dBias[biasRow + distance] += sum;
          }
        }
      }
    }
  }
  if (query < queries) {
    for (var i = 0u; i < mineEnd(); i++) {
      dqkv[place + i] = dq[i] * SCALE;
    }
    if (mine == 0u) {
      lse[(uniforms.batch * heads + index) * queries + query] = center[0];
    }
  }
}
