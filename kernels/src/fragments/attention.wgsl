// Attention: what a query sees, where rows lie, biases. A query at i stands at step i + offset of the keys.
// Prelude: GROUPED (several heads of queries share one of keys), CAUSAL (keys up to the query's step; else all), WINDOWED (only the last `window` of them), BOUNDED (there may be steps
// without a key), KEYS_MASKED (keyLengths is given). Uniforms and bindings as `AttentionShape` says.

// The log-sum-exp of a query that attends to nothing, by which the backward pass knows it.
const ENDED = 3.4028234e38;
/** Whether there are pairs that do not see each other. */
const HIDING = CAUSAL || WINDOWED || BOUNDED;

fn total(v: vec4<f32>) -> f32 {
  return v.x + v.y + v.z + v.w;
}

/** By its bits: WGSL lets a compiler assume that all numbers are finite. */
fn finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

fn queryBase(sequence: u32, head: u32) -> u32 {
  return sequence * uniforms.qBatch + head * uniforms.qHead;
}

fn keyBase(sequence: u32, head: u32) -> u32 {
  return sequence * uniforms.kBatch + head * uniforms.kHead;
}

fn valueBase(sequence: u32, head: u32) -> u32 {
  return sequence * uniforms.vBatch + head * uniforms.vHead;
}

fn outputBase(sequence: u32, head: u32) -> u32 {
  return sequence * uniforms.yBatch + head * uniforms.yHead;
}

/** Heads of queries that share each head of keys. */
fn sharersOf() -> u32 {
  return select(1u, uniforms.heads / uniforms.kvHeads, GROUPED);
}

/** The head of keys that a head of queries reads. */
fn kvHeadOf(head: u32) -> u32 {
  if (GROUPED) {
    return head / sharersOf();
  }
  return head;
}

/** Keys that the sequence has. */
fn keysOf(sequence: u32) -> u32 {
  if (KEYS_MASKED) {
    return min(uniforms.keys, keyLengths[sequence]);
  }
  return uniforms.keys;
}

/** How many of the first `queries` see one of the first `end` keys. */
fn attending(queries: u32, end: u32) -> u32 {
  if (WINDOWED && BOUNDED) {
    return select(0u, min(queries, max(end + uniforms.window - 1u, uniforms.offset) - uniforms.offset), end > 0u);
  }
  return select(0u, queries, end > 0u);
}

/** The first key that a query at this step of the keys sees. */
fn firstKey(step: u32) -> u32 {
  if (WINDOWED) {
    return step - min(step, uniforms.window - 1u);
  }
  return 0u;
}

/** Behind the last of `end` keys that a query at this step sees. */
fn endKey(step: u32, end: u32) -> u32 {
  if (CAUSAL) {
    return min(step + 1u, end);
  }
  return end;
}

/** The first query that sees this key. */
fn firstQuery(key: u32) -> u32 {
  if (CAUSAL) {
    return key - min(key, uniforms.offset);
  }
  return 0u;
}

/** Behind the last of `end` queries that sees this key. */
fn endQuery(key: u32, end: u32) -> u32 {
  if (WINDOWED) {
    return min(end, max(key + uniforms.window, uniforms.offset) - uniforms.offset);
  }
  return end;
}

/** Whether a query at `step` of the keys sees `key`, of `end`. */
fn sees(step: u32, key: u32, end: u32) -> bool {
  var seen = true;
  if (CAUSAL) {
    seen = key <= step;
  }
  if (WINDOWED) {
    seen = seen & (step < key + uniforms.window);
  }
  if (BOUNDED) {
    seen = seen & (key < end);
  }
  return seen;
}

/** The same of four pairs. */
fn seesFour(step: vec4<u32>, key: vec4<u32>, end: u32) -> vec4<bool> {
  var seen = vec4<bool>(true);
  if (CAUSAL) {
    seen = key <= step;
  }
  if (WINDOWED) {
    seen = seen & (step < key + uniforms.window);
  }
  if (BOUNDED) {
    seen = seen & (key < vec4<u32>(end));
  }
  return seen;
}

/** The bias at a place: the distance of query and key plus `shift`. */
fn biasAt(place: u32, head: u32) -> f32 {
  return bias[head * uniforms.distances + min(place, uniforms.distances - 1u)];
}

/** The weight of a score less the log-sum-exp of its row: at most 1, whatever rounding does; NaN stays. */
fn weightOf(score: f32) -> f32 {
  return exp(select(score, 0.0, score > 0.0));
}
