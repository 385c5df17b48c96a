// Attention by tiles in workgroup memory: a workgroup holds rows of one side in registers, LANES invocations to each, a part of its elements
// each, and goes through TILE rows of the other side at a time, CHUNK scores at once.
// Prelude: LANES, QUERIES, KEYS (the tile is a multiple of 8), TILE, VECTORS (head dimension / 4, a multiple of LANES), BIASED,
// ROLLED (loops over elements stay loops); WORKGROUP is the kernel's own.
import fragments::attention;

const CHUNK = 8u;
const MINE = VECTORS / LANES;
alias Chunk = array<f32, CHUNK>;
alias Mine = array<vec4<f32>, MINE>;

// The tile: what scores are made with (keys or queries), and what is weighed (values or gradients).
var<workgroup> scored: array<vec4<f32>, TILE * VECTORS>;
var<workgroup> weighed: array<vec4<f32>, TILE * VECTORS>;
// Bias of each distance between the queries and the keys at hand, from the nearest on.
var<workgroup> biases: array<f32, select(1u, QUERIES + KEYS, BIASED)>;
var<workgroup> partial: array<f32, select(1u, WORKGROUP * CHUNK, LANES > 1u)>;

/** Vec4s of an invocation's part. Registers are indexed by constants where loops are unrolled; a software adapter would compile those for minutes. */
fn mineEnd() -> u32 {
  return select(MINE, uniforms.headDim / (4u * LANES), ROLLED);
}

/** Adds up what the invocations of each row hold, in one order for all of them. */
fn share(lane: u32, chunk: ptr<function, Chunk>) {
  if (LANES == 1u) {
    return;
  }
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

/** Products of the row in registers with CHUNK rows of the tile from `start` on. */
fn scoredProducts(lane: u32, x: ptr<function, Mine>, start: u32) -> Chunk {
  var products: Chunk;
  for (var j = 0u; j < CHUNK; j++) {
    var product = vec4<f32>();
    for (var i = 0u; i < mineEnd(); i++) {
      product += (*x)[i] * scored[(start + j) * VECTORS + lane % LANES * MINE + i];
    }
    products[j] = total(product);
  }
  share(lane, &products);
  return products;
}

fn weighedProducts(lane: u32, x: ptr<function, Mine>, start: u32) -> Chunk {
  var products: Chunk;
  for (var j = 0u; j < CHUNK; j++) {
    var product = vec4<f32>();
    for (var i = 0u; i < mineEnd(); i++) {
      product += (*x)[i] * weighed[(start + j) * VECTORS + lane % LANES * MINE + i];
    }
    products[j] = total(product);
  }
  share(lane, &products);
  return products;
}

/** Loads a tile of keys and values, zeros from `end` on. */
fn loadKeys(lane: u32, tile: u32, end: u32, keyRow: u32, valueRow: u32) {
  for (var i = lane; i < TILE * VECTORS; i += WORKGROUP) {
    let key = tile + i / VECTORS;
    scored[i] = vec4<f32>();
    weighed[i] = vec4<f32>();
    if (key < end) {
      scored[i] = k[keyRow + key * uniforms.kTime + i % VECTORS];
      weighed[i] = v[valueRow + key * uniforms.vTime + i % VECTORS];
    }
  }
}

/** Loads the biases of all pairs of the queries from `query` on and the keys from `key` on. */
fn loadBiases(lane: u32, head: u32, query: u32, key: u32) {
  if (BIASED) {
    for (var i = lane; i < QUERIES + KEYS - 1u; i += WORKGROUP) {
      biases[i] = biasAt(max(query + i + uniforms.shift, key + KEYS - 1u) - (key + KEYS - 1u), head);
    }
  }
}
