// One step of attention against caches of keys and values: who attends, from where to where.
// Prelude: VECTORS (head dimension / 4), GROUPED (several heads of queries share one of keys), BIASED (biasTable and bucketOfDistance are given), INDEXED (cacheRow is given), PLACED (there is
// a step for each sequence), FORKED (prefix is given), WINDOWED (there may be keys beyond the window).
// rows: rows of the caches. window: steps that are seen, the own one included; 0: all.

struct Step {
  head: u32,
  // Vec4s of the query, the key and the value in qkv, and of y.
  query: u32,
  key: u32,
  value: u32,
  output: u32,
  // Whether the sequence has a row, and whether this head of queries is the first that shares its keys.
  present: bool,
  appends: bool,
  // First vec4 of the row, and of the row that holds the steps before `prefixEnd`.
  row: u32,
  prefix: u32,
  prefixEnd: u32,
  // Vec4s from one step of the caches to the next.
  stride: u32,
  // The steps that are seen: from `start` to `now`.
  start: u32,
  now: u32,
}

/** @param index number of the sequence and head. */
fn stepOf(index: u32) -> Step {
  let heads = uniforms.heads;
  let sequence = index / heads;
  var its: Step;
  its.head = index % heads;
  var kvHead = its.head;
  its.appends = true;
  if (GROUPED) {
    let sharers = heads / uniforms.kvHeads;
    kvHead = its.head / sharers;
    its.appends = its.head % sharers == 0u;
  }
  its.stride = uniforms.kvHeads * VECTORS;
  let qkvRow = sequence * (heads + 2u * uniforms.kvHeads) * VECTORS;
  its.query = qkvRow + its.head * VECTORS;
  its.key = qkvRow + (heads + kvHead) * VECTORS;
  its.value = its.key + its.stride;
  its.output = index * VECTORS;
  its.now = min(step[select(0u, sequence, PLACED)], uniforms.time - 1u);
  its.start = 0u;
  if (WINDOWED) {
    its.start = its.now - min(its.now, uniforms.window - 1u);
  }
  var row = sequence;
  if (INDEXED) {
    row = cacheRow[sequence];
  }
  its.present = row < uniforms.rows;
  its.row = (row * uniforms.time * uniforms.kvHeads + kvHead) * VECTORS;
  if (FORKED) {
    its.prefix = (min(prefix[2u * sequence], uniforms.rows - 1u) * uniforms.time * uniforms.kvHeads + kvHead) * VECTORS;
    its.prefixEnd = prefix[2u * sequence + 1u];
  }
  return its;
}

/** Where the caches hold a step. */
fn cachePlace(its: Step, key: u32) -> u32 {
  var row = its.row;
  if (FORKED) {
    row = select(row, its.prefix, key < its.prefixEnd);
  }
  return row + key * its.stride;
}

fn biasOf(distance: u32, head: u32) -> f32 {
  if (BIASED) {
    return biasTable[bucketOfDistance[distance] * uniforms.heads + head];
  }
  return 0.0;
}
