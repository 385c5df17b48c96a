import { type AttentionShape, attentionLengths } from './shape.js';

/** What attention reads, as `attentionForward` describes it; q, k and v may be one array. */
export interface AttentionInput {
  readonly q: ArrayLike<number>;
  readonly k: ArrayLike<number>;
  readonly v: ArrayLike<number>;
  /** `[heads, distances]`. */
  readonly bias?: ArrayLike<number>;
  /** `[batch]`: of queries, and of keys. */
  readonly lengths?: ArrayLike<number>;
  readonly keyLengths?: ArrayLike<number>;
}

/** The bias of every head at every distance, from a table `[buckets, heads]`. */
export function biasReference(
  { heads, distances }: Pick<AttentionShape, 'heads' | 'distances'>,
  table: ArrayLike<number>,
  bucketOfDistance: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(
    { length: heads * distances },
    (_, i) => table[bucketOfDistance[i % distances] * heads + Math.floor(i / distances)],
  );
}

/** One query of one head, its keys, and the softmax over them. */
interface Row {
  readonly sequence: number;
  readonly head: number;
  readonly query: number;
  readonly from: number;
  readonly weights: readonly number[];
  readonly lse: number;
}

/**
 * First elements of the rows of a query (and its gradient), an output, a key and a value, and where the gradients of
 * those two lie.
 */
function placesOf(shape: AttentionShape, { sequence, head }: Pick<Row, 'sequence' | 'head'>) {
  const kvHead = Math.floor(head / (shape.heads / shape.kvHeads));
  const key = (step: number) => sequence * shape.kBatch + kvHead * shape.kHead + step * shape.kTime;
  const value = (step: number) => sequence * shape.vBatch + kvHead * shape.vHead + step * shape.vTime;
  return {
    query: (step: number) => 4 * (sequence * shape.qBatch + head * shape.qHead + step * shape.qTime),
    output: (step: number) => 4 * (sequence * shape.yBatch + head * shape.yHead + step * shape.yTime),
    key: (step: number) => 4 * (shape.kAt + key(step)),
    value: (step: number) => 4 * (shape.vAt + value(step)),
    dk: (step: number) => 4 * (shape.dkAt + key(step)),
    dv: (step: number) => 4 * (shape.dvAt + value(step)),
  };
}

function dot(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, length: number): number {
  let sum = 0;
  for (let d = 0; d < length; d++) sum += a[i + d] * b[j + d];
  return sum;
}

/** The softmax of one query over the keys that it sees; none where it sees none. */
function rowOf(shape: AttentionShape, input: AttentionInput, at: Pick<Row, 'sequence' | 'head' | 'query'>): Row | undefined {
  const { headDim, causal, window, offset, distances, shift } = shape;
  const keys = Math.min(shape.keys, input.keyLengths?.[at.sequence] ?? shape.keys);
  const step = at.query + offset;
  const from = causal && window ? Math.max(0, step + 1 - window) : 0;
  const end = causal ? Math.min(keys, step + 1) : keys;
  if (at.query >= (input.lengths?.[at.sequence] ?? shape.queries) || from >= end) return undefined;
  const places = placesOf(shape, at);
  const scores = Array.from({ length: end - from }, (_, i) => {
    const product = dot(input.q, places.query(at.query), input.k, places.key(from + i), headDim) / Math.sqrt(headDim);
    return product + (input.bias?.[at.head * distances + at.query + shift - from - i] ?? 0);
  });
  const highest = scores.reduce((a, b) => Math.max(a, b));
  const lse = highest + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - highest), 0));
  return { ...at, from, lse, weights: scores.map((s) => Math.exp(s - lse)) };
}

/** Every query that sees a key. */
function* rowsOf(shape: AttentionShape, input: AttentionInput): Generator<Row> {
  for (let sequence = 0; sequence < shape.batch; sequence++)
    for (let head = 0; head < shape.heads; head++)
      for (let query = 0; query < shape.queries; query++) {
        const row = rowOf(shape, input, { sequence, head, query });
        if (row) yield row;
      }
}

/** Attention in float64: y at its strides, lse `[batch, heads, queries]`, 0 where a query does not attend. */
export function attentionReference(shape: AttentionShape, input: AttentionInput): { y: Float64Array; lse: Float64Array } {
  const { heads, headDim, queries } = shape;
  const y = new Float64Array(attentionLengths(shape).y);
  const lse = new Float64Array(attentionLengths(shape).perQuery);
  for (const row of rowsOf(shape, input)) {
    const places = placesOf(shape, row);
    const out = places.output(row.query);
    lse[(row.sequence * heads + row.head) * queries + row.query] = row.lse;
    row.weights.forEach((weight, i) => {
      for (let d = 0; d < headDim; d++) y[out + d] += weight * input.v[places.value(row.from + i) + d];
    });
  }
  return { y, lse };
}

/**
 * Gradients of Σ y·dy in float64: of queries, keys and values at their strides in dqkv, of the bias `[heads,
 * distances]`.
 */
export function attentionBackwardReference(
  shape: AttentionShape,
  input: AttentionInput,
  dy: ArrayLike<number>,
): { dqkv: Float64Array; dBias: Float64Array } {
  const { heads, headDim, distances, shift } = shape;
  const dqkv = new Float64Array(attentionLengths(shape).gradients);
  const dBias = new Float64Array(heads * distances);
  const scale = 1 / Math.sqrt(headDim);
  for (const row of rowsOf(shape, input)) {
    const places = placesOf(shape, row);
    const [query, output] = [places.query(row.query), places.output(row.query)];
    const dWeights = row.weights.map((_, i) => dot(dy, output, input.v, places.value(row.from + i), headDim));
    const mean = row.weights.reduce((sum, weight, i) => sum + weight * dWeights[i], 0);
    row.weights.forEach((weight, i) => {
      const key = row.from + i;
      const dScore = weight * (dWeights[i] - mean);
      dBias[row.head * distances + row.query + shift - key] += dScore;
      for (let d = 0; d < headDim; d++) {
        dqkv[query + d] += dScore * scale * input.k[places.key(key) + d];
        dqkv[places.dk(key) + d] += dScore * scale * input.q[query + d];
        dqkv[places.dv(key) + d] += weight * dy[output + d];
      }
    });
  }
  return { dqkv, dBias };
}
