// Gradients of attention for queries, keys and values, and of the bias per distance. One invocation per (sequence, head of
// keys). It takes 8 neighbouring keys at a time and, for each head of queries that shares them, goes through the queries that may see
// them: what it loads of a query and its gradient serves eight pairs. Keys, values and their gradients stay in registers;
// a query's gradient is added to in memory from one eight to the next. Nothing is shared and all orders are fixed.
// Copying loops are bounded by a uniform, which keeps them rolled (see forward.wgsl).
// Prelude: WORKGROUP (invocations per workgroup), VECTORS (head dimension / 4), SCALE (1/√head dimension),
// BIASED (bias is given), LEAVES (the first eight keys are seen by every query, each of which has a key of its own),
// and what fragments::attention needs.
import fragments::{index, attention};

const TILE = 8u;
alias Head = array<vec4<f32>, VECTORS>;
alias Rows = array<vec4<f32>, TILE * VECTORS>;

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

/** The sum of four rows at an element, each times its factor. */
fn mixed(rows: ptr<function, Rows>, row: u32, i: u32, f: vec4<f32>) -> vec4<f32> {
  let at = row * VECTORS + i;
  return f.x * (*rows)[at] + f.y * (*rows)[at + VECTORS] + f.z * (*rows)[at + 2u * VECTORS] + f.w * (*rows)[at + 3u * VECTORS];
}

/** How many of the first queries of a row attend, by what the forward pass left of the others. */
fn attendingOf(row: u32, most: u32) -> u32 {
  var low = 0u;
  var high = most;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (lse[row + middle] == ENDED) {
      high = middle;
    } else {
      low = middle + 1u;
    }
  }
  return low;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let queries = uniforms.queries;
  let keys = uniforms.keys;
  let index = indexOf(launch, lane);
  if (index >= uniforms.batch * uniforms.kvHeads) {
    return;
  }
  let sequence = index / uniforms.kvHeads;
  let kvHead = index % uniforms.kvHeads;
  let sharers = sharersOf();
  let vectors = uniforms.headDim / 4u;
  let keyRow = keyBase(sequence, kvHead);
  let valueRow = valueBase(sequence, kvHead);
  let keysEnd = keysOf(sequence);
  let shift = uniforms.shift;
  if (BIASED) {
    let row = (sequence * uniforms.heads + kvHead * sharers) * uniforms.distances;
    for (var i = 0u; i < sharers * uniforms.distances; i++) {
      dBias[row + i] = 0.0;
    }
  }

  let length = attendingOf((sequence * uniforms.heads + kvHead * sharers) * queries, attending(queries, keysEnd));
  for (var first = 0u; first < keys; first += TILE) {
    let past = min(first + TILE, keys);
    // The eight keys are taken together. A key, or a query, may be NaN or infinite where it is not seen, which a factor of 0 does not take
    // away: then each key is taken alone, and what it goes through sees it. `done`: queries and biases have their gradients already.
    var alone = false;
    var done = false;
    var taken = first;
    loop {
      let last = select(past, taken + 1u, alone) - 1u;
      var key: Rows;
      var value: Rows;
      var dk = Rows();
      var dv = Rows();
      var together = vec4<f32>();
      for (var i = 0u; i < TILE * vectors; i++) {
        let row = first + i / VECTORS;
        let at = min(row, keys - 1u);
        // What no query that attends sees is not there.
        let wanted = row >= taken && row <= last && firstQuery(row) < length;
        key[i] = select(vec4<f32>(), k[keyRow + uniforms.kAt + at * uniforms.kTime + i % VECTORS] * SCALE, wanted);
        value[i] = v[valueRow + uniforms.vAt + at * uniforms.vTime + i % VECTORS];
        together += key[i];
      }
      if (HIDING && !alone && !finite(total(together))) {
        alone = true;
        continue;
      }
      let key0 = first + vec4<u32>(0u, 1u, 2u, 3u);
      let key1 = key0 + 4u;
      let taken0 = (key0 >= vec4<u32>(taken)) & (key0 <= vec4<u32>(last));
      let taken1 = (key1 >= vec4<u32>(taken)) & (key1 <= vec4<u32>(last));
      for (var sharer = 0u; sharer < sharers; sharer++) {
        let head = kvHead * sharers + sharer;
        let row = sequence * uniforms.heads + head;
        let queryRow = queryBase(sequence, head);
        let outputRow = outputBase(sequence, head);
        let biasRow = row * uniforms.distances;
        let begin = firstQuery(taken);
        let end = select(0u, endQuery(last, length), taken < keysEnd);
        // Bias of the current query's distance to each key, and the gradient of it. A later query is one step farther from
        // all: both shift along, and what falls out at the end is the whole gradient for its distance and these keys.
        var bias0 = vec4<f32>();
        var bias1 = vec4<f32>();
        var dBias0 = vec4<f32>();
        var dBias1 = vec4<f32>();
        if (BIASED) {
          // Without a shift the first query sees only the first key: nothing is nearer.
          for (var back = select(0u, TILE - 1u, shift > 0u || alone); back > 0u; back--) {
            bias1 = vec4<f32>(bias0.w, bias1.xyz);
            bias0 = vec4<f32>(biasAt(max(begin + shift, first + back) - first - back, head), bias0.xyz);
          }
        }
        for (var query = begin; query < end; query++) {
          let rowLse = lse[row * queries + query];
          let place = queryRow + query * uniforms.qTime;
          let output = outputRow + query * uniforms.yTime;
          var x: Head;
          var g: Head;
          for (var i = 0u; i < VECTORS; i++) {
            x[i] = q[place + i];
            g[i] = dy[output + i];
          }
          // dy · y of the query. The first eight keys leave it for the others where the gradient of the key at the same step will be.
          let left = uniforms.dkAt + keyRow + query * uniforms.kTime;
          var mean: vec4<f32>;
          if (LEAVES && first > 0u && !alone) {
            mean = dqkv[left];
          } else {
            var yg = vec4<f32>();
            for (var i = 0u; i < VECTORS; i++) {
              yg += y[output + i] * g[i];
            }
            mean = vec4<f32>(total(yg));
            if (LEAVES && first == 0u) {
              dqkv[left] = mean;
            }
          }
          if (BIASED) {
            bias1 = vec4<f32>(bias0.w, bias1.xyz);
            bias0 = vec4<f32>(biasAt(query + shift - first, head), bias0.xyz);
          }
          let score0 = products(&key, 0u, &x) + bias0 - rowLse;
          let score1 = products(&key, 4u, &x) + bias1 - rowLse;
          let step = query + uniforms.offset;
          let seen0 = taken0 & seesFour(vec4<u32>(step), key0, keysEnd);
          let seen1 = taken1 & seesFour(vec4<u32>(step), key1, keysEnd);
          // Keys before these have added to this query's gradient.
          var continued = taken > 0u;
          if (WINDOWED) {
            continued = continued && step + 1u < taken + uniforms.window;
          }
          let weight0 = select(vec4<f32>(), exp(select(score0, vec4<f32>(), score0 > vec4<f32>())), seen0);
          let weight1 = select(vec4<f32>(), exp(select(score1, vec4<f32>(), score1 > vec4<f32>())), seen1);
          let ds0 = select(vec4<f32>(), weight0 * (products(&value, 0u, &g) - mean), seen0);
          let ds1 = select(vec4<f32>(), weight1 * (products(&value, 4u, &g) - mean), seen1);
          accumulateFour(&dv, 0u, weight0, &g);
          accumulateFour(&dv, 4u, weight1, &g);
          accumulateFour(&dk, 0u, ds0, &x);
          accumulateFour(&dk, 4u, ds1, &x);
          if (!done) {
            var dq: Head;
            for (var i = 0u; i < VECTORS; i++) {
              dq[i] = mixed(&key, 0u, i, ds0) + mixed(&key, 4u, i, ds1);
            }
            if (continued) {
              for (var i = 0u; i < VECTORS; i++) {
                dq[i] += dqkv[place + i];
              }
            }
            for (var i = 0u; i < VECTORS; i++) {
              dqkv[place + i] = dq[i];
            }
          }
          if (BIASED) {
            dBias0 += ds0;
            dBias1 += ds1;
            if (!done && query + shift + 1u >= first + TILE) {
              dBias[biasRow + query + shift + 1u - first - TILE] += dBias1.w;
            }
            dBias1 = vec4<f32>(dBias0.w, dBias1.xyz);
            dBias0 = vec4<f32>(0.0, dBias0.xyz);
          }
        }
        if (BIASED && !done) {
          // The distances still in the registers, from the farthest, TILE − 1 steps short of `end`.
          for (var back = select(0u, TILE - 1u, end > begin); back > 0u; back--) {
            if (end + shift >= first + back) {
              dBias[biasRow + end + shift - first - back] += dBias1.w;
            }
            dBias1 = vec4<f32>(dBias0.w, dBias1.xyz);
            dBias0 = vec4<f32>(0.0, dBias0.xyz);
          }
        }
      }
      together = vec4<f32>();
      for (var i = (taken - first) * vectors; i < (last + 1u - first) * vectors; i++) {
        let row = first + i / VECTORS;
        dqkv[uniforms.dkAt + keyRow + row * uniforms.kTime + i % VECTORS] = dk[i] * SCALE;
        dqkv[uniforms.dvAt + valueRow + row * uniforms.vTime + i % VECTORS] = dv[i];
        together += dk[i] + dv[i];
      }
      if (!HIDING || (!alone && finite(total(together)))) {
        break;
      }
      if (alone) {
        taken++;
      } else {
        alone = true;
        done = true;
      }
      if (taken == past) {
        break;
      }
    }
  }
  for (var i = 0u; i < sharers * (queries - length) * vectors; i++) {
    let column = i % vectors;
    let query = length + i / vectors % (queries - length);
    let head = kvHead * sharers + i / (vectors * (queries - length));
    dqkv[queryBase(sequence, head) + query * uniforms.qTime + column] = vec4<f32>();
  }
}
