// Attention for GPUs: a workgroup takes QUERIES neighbouring queries of one sequence and head, and goes through the keys that they
// see a tile at a time, kept with their values in workgroup memory. The softmax is streamed, eight keys at a time.
// Prelude: SCALE (1/√head dimension), MASKED (lengths is given), and what fragments::attentionTiles needs, TILE = KEYS.
import fragments::{launch, attentionTiles};

const LOWEST = -3.4028234e38;
const WORKGROUP = QUERIES * LANES;

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
  // The last tiles may have most keys to go through: they begin first.
  let first = (tiles - 1u - unit % tiles) * QUERIES;
  let sequence = index / heads;
  let head = index % heads;
  let keysEnd = keysOf(sequence);
  var length = queries;
  if (MASKED) {
    length = min(length, lengths[sequence]);
  }
  length = attending(length, keysEnd);
  let slot = lane / LANES;
  let mine = lane % LANES * MINE;
  let query = first + slot;
  let step = query + uniforms.offset;
  let kvHead = kvHeadOf(head);
  let keyRow = keyBase(sequence, kvHead) + uniforms.kAt;
  let valueRow = valueBase(sequence, kvHead) + uniforms.vAt;

  var x: Mine;
  var sum: Mine;
  for (var i = 0u; i < mineEnd(); i++) {
    x[i] = q[queryBase(sequence, head) + min(query, queries - 1u) * uniforms.qTime + mine + i] * SCALE;
  }
  var highest = LOWEST;
  var denominator = 0.0;
  // The first query reaches farthest back, the last that attends farthest on.
  let begin = firstKey(first + uniforms.offset);
  let end = select(0u, endKey(min(first + QUERIES, length) + uniforms.offset - 1u, keysEnd), first < length);
  for (var tile = begin; tile < end; tile += KEYS) {
    workgroupBarrier();
    loadKeys(lane, tile, end, keyRow, valueRow);
    loadBiases(lane, head, first, tile);
    workgroupBarrier();
    for (var start = 0u; start < KEYS && tile + start < end; start += CHUNK) {
      var score = scoredProducts(lane, &x, start);
      var next = highest;
      for (var j = 0u; j < CHUNK; j++) {
        if (BIASED) {
          score[j] += biases[slot + KEYS - 1u - start - j];
        }
        if (sees(step, tile + start + j, end)) {
          next = max(next, score[j]);
        }
      }
      let rescale = exp(highest - next);
      denominator *= rescale;
      for (var i = 0u; i < mineEnd(); i++) {
        sum[i] *= rescale;
      }
      for (var j = 0u; j < CHUNK; j++) {
        // What is not seen may hold anything.
        if (sees(step, tile + start + j, end)) {
          let weight = exp(score[j] - next);
          denominator += weight;
          for (var i = 0u; i < mineEnd(); i++) {
            sum[i] += weight * weighed[(start + j) * VECTORS + mine + i];
          }
        }
      }
      highest = next;
    }
  }

  if (query < queries) {
    let attends = query < length;
    let divisor = select(1.0, denominator, attends);
    for (var i = 0u; i < mineEnd(); i++) {
      y[outputBase(sequence, head) + query * uniforms.yTime + mine + i] = select(vec4<f32>(), sum[i] / divisor, attends);
    }
    if (mine == 0u) {
      lse[index * queries + query] = select(ENDED, highest + log(divisor), attends);
    }
  }
}
