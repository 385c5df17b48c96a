// Gradients of causal attention for queries, keys and values, and of the bias per distance. One invocation per
// (sequence, head). It takes 8 neighbouring keys at a time and, for each, goes through the queries from the first of them
// on: what it loads of a query and its gradient serves eight pairs. Keys, values and their gradients stay in registers;
// a query's gradient is added to in memory from one eight to the next. Nothing is shared and all orders are fixed.
// Copying loops are bounded by a uniform, which keeps them rolled (see forward.wgsl).
// Prelude: WORKGROUP (invocations per workgroup), VECTORS (head dimension / 4), SCALE (1/√head dimension),
// BIASED (biasTable and bucketOfDistance are given), WINDOWED (there are keys beyond the window).
// window: steps that a query sees, its own included; 0: all.
import fragments::index;

// What the forward pass leaves as log-sum-exp where a sequence has ended.
const ENDED = 1e30;
const TILE = 8u;
alias Head = array<vec4<f32>, VECTORS>;
alias Rows = array<vec4<f32>, TILE * VECTORS>;

fn total(v: vec4<f32>) -> f32 {
  return v.x + v.y + v.z + v.w;
}

fn product(rows: ptr<function, Rows>, row: u32, x: ptr<function, Head>) -> f32 {
  var products = vec4<f32>();
  for (var i = 0u; i < VECTORS; i++) {
    products += (*rows)[row * VECTORS + i] * (*x)[i];
  }
  return total(products);
}

fn products(rows: ptr<function, Rows>, row: u32, x: ptr<function, Head>) -> vec4<f32> {
  return vec4<f32>(product(rows, row, x), product(rows, row + 1u, x), product(rows, row + 2u, x), product(rows, row + 3u, x));
}

fn accumulate(rows: ptr<function, Rows>, row: u32, factor: f32, x: ptr<function, Head>) {
  for (var i = 0u; i < VECTORS; i++) {
    (*rows)[row * VECTORS + i] += factor * (*x)[i];
  }
}

fn accumulateFour(rows: ptr<function, Rows>, row: u32, factors: vec4<f32>, x: ptr<function, Head>) {
  accumulate(rows, row, factors.x, x);
  accumulate(rows, row + 1u, factors.y, x);
  accumulate(rows, row + 2u, factors.z, x);
  accumulate(rows, row + 3u, factors.w, x);
}

fn bias(distance: u32, head: u32) -> f32 {
  return biasTable[bucketOfDistance[min(distance, uniforms.time - 1u)] * uniforms.heads + head];
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let time = uniforms.time;
  let heads = uniforms.heads;
  let index = indexOf(launch, lane);
  if (index >= uniforms.batch * heads) {
    return;
  }
  let row0 = index / heads * time;
  let head = index % heads;
  let vectors = uniforms.headDim / 4u;
  let stride = 3u * heads * VECTORS;
  let keyColumn = (heads + head) * VECTORS;
  let valueColumn = (2u * heads + head) * VECTORS;

  var length = time;
  for (var first = 0u; first < time; first += TILE) {
    var k: Rows;
    var v: Rows;
    var dk = Rows();
    var dv = Rows();
    for (var i = 0u; i < TILE * vectors; i++) {
      let at = (row0 + min(first + i / VECTORS, time - 1u)) * stride + i % VECTORS;
      k[i] = qkv[at + keyColumn] * SCALE;
      v[i] = qkv[at + valueColumn];
    }
    let key0 = first + vec4<u32>(0u, 1u, 2u, 3u);
    let key1 = key0 + 4u;
    // Bias of the current query's distance to each key, and the gradient of it. A later query is one step farther from
    // all: both shift along, and what falls out at the end is the whole gradient for its distance and these keys.
    var bias0 = vec4<f32>();
    var bias1 = vec4<f32>();
    var dBias0 = vec4<f32>();
    var dBias1 = vec4<f32>();
    var end = length;
    if (WINDOWED) {
      // Where the last of the keys is out of sight.
      end = min(length, first + TILE - 1u + uniforms.window);
    }
    for (var query = first; query < end; query++) {
      let rowLse = lse[index * time + query];
      if (rowLse >= ENDED) {
        length = query;
        end = query;
        break;
      }
      let at = (row0 + query) * stride + head * VECTORS;
      let gradientAt = ((row0 + query) * heads + head) * VECTORS;
      var q: Head;
      var g: Head;
      var yg = vec4<f32>();
      for (var i = 0u; i < VECTORS; i++) {
        q[i] = qkv[at + i];
        g[i] = dy[gradientAt + i];
        yg += y[gradientAt + i] * g[i];
      }
      let mean = vec4<f32>(total(yg));
      if (BIASED) {
        bias1 = vec4<f32>(bias0.w, bias1.xyz);
        bias0 = vec4<f32>(bias(query - first, head), bias0.xyz);
      }
      let score0 = products(&k, 0u, &q) + bias0 - rowLse;
      let score1 = products(&k, 4u, &q) + bias1 - rowLse;
      var seen0 = key0 <= vec4<u32>(query);
      var seen1 = key1 <= vec4<u32>(query);
      // The eight keys before these have added to this query's gradient.
      var continued = first > 0u;
      if (WINDOWED) {
        seen0 = seen0 & (vec4<u32>(query) < key0 + uniforms.window);
        seen1 = seen1 & (vec4<u32>(query) < key1 + uniforms.window);
        continued = continued && query + 1u < first + uniforms.window;
      }
      let weight0 = select(vec4<f32>(), exp(min(score0, vec4<f32>())), seen0);
      let weight1 = select(vec4<f32>(), exp(min(score1, vec4<f32>())), seen1);
      let ds0 = weight0 * (products(&v, 0u, &g) - mean);
      let ds1 = weight1 * (products(&v, 4u, &g) - mean);
      accumulateFour(&dv, 0u, weight0, &g);
      accumulateFour(&dv, 4u, weight1, &g);
      accumulateFour(&dk, 0u, ds0, &q);
      accumulateFour(&dk, 4u, ds1, &q);
      var dq: Head;
      for (var i = 0u; i < VECTORS; i++) {
        dq[i] = ds0.x * k[i] + ds0.y * k[VECTORS + i] + ds0.z * k[2u * VECTORS + i] + ds0.w * k[3u * VECTORS + i];
        dq[i] += ds1.x * k[4u * VECTORS + i] + ds1.y * k[5u * VECTORS + i] + ds1.z * k[6u * VECTORS + i] + ds1.w * k[7u * VECTORS + i];
      }
      if (continued) {
        for (var i = 0u; i < VECTORS; i++) {
          dq[i] += dqkv[at + i];
        }
      }
      for (var i = 0u; i < VECTORS; i++) {
        dqkv[at + i] = dq[i];
      }
      if (BIASED) {
        dBias0 += ds0;
        dBias1 += ds1;
        if (query + 1u >= first + TILE) {
          let slot = index * time + query + 1u - first - TILE;
          dBias[slot] = dBias1.w + select(0.0, dBias[slot], first > 0u);
        }
        dBias1 = vec4<f32>(dBias0.w, dBias1.xyz);
        dBias0 = vec4<f32>(0.0, dBias0.xyz);
      }
    }
    for (var i = 0u; i < vectors * min(TILE, time - first); i++) {
      let at = (row0 + first + i / VECTORS) * stride + i % VECTORS;
      dqkv[at + keyColumn] = dk[i] * SCALE;
      dqkv[at + valueColumn] = dv[i];
    }
    if (BIASED) {
      // The distances still in the registers, from the farthest, TILE − 1 steps short of `end`.
      for (var back = TILE - 1u; back > 0u; back--) {
        if (end >= first + back) {
          let slot = index * time + end - first - back;
          dBias[slot] = dBias1.w + select(0.0, dBias[slot], first > 0u);
        }
        dBias1 = vec4<f32>(dBias0.w, dBias1.xyz);
        dBias0 = vec4<f32>(0.0, dBias0.xyz);
      }
    }
  }
  for (var step = length; step < time; step++) {
    for (var i = 0u; i < vectors; i++) {
      dqkv[(row0 + step) * stride + head * VECTORS + i] = vec4<f32>();
    }
  }
  if (BIASED) {
    // The first eight keys have been at every distance that there is, with a window at no more than these.
    var distances = length;
    if (WINDOWED) {
      distances = min(length, TILE - 1u + uniforms.window);
    }
    for (var distance = distances; distance < time; distance++) {
      dBias[index * time + distance] = 0.0;
    }
  }
}
