/** What attention reads, as `attentionForward` describes it. */
export interface AttentionInput {
  readonly qkv: ArrayLike<number>;
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly headDim: number;
  /** `[buckets, heads]`. */
  readonly biasTable?: ArrayLike<number>;
  readonly bucketOfDistance?: ArrayLike<number>;
  /** `[batch]`. */
  readonly lengths?: ArrayLike<number>;
  /** Steps that a query sees, its own included; all when absent or 0. */
  readonly window?: number;
}

/** Calls `visit` for every sequence, head and query within its length, with the softmax weights over keys from…query. */
function eachQuery(
  input: AttentionInput,
  visit: (at: { sequence: number; head: number; query: number; from: number; lse: number; weights: number[] }) => void,
) {
  const { batch, time, heads, headDim, window } = input;
  for (let sequence = 0; sequence < batch; sequence++) {
    for (let head = 0; head < heads; head++) {
      for (let query = 0; query < Math.min(time, input.lengths?.[sequence] ?? time); query++) {
        const from = window ? Math.max(0, query + 1 - window) : 0;
        const scores: number[] = [];
        for (let key = from; key <= query; key++) {
          let score = 0;
          for (let d = 0; d < headDim; d++)
            score += input.qkv[indexOf(input, sequence, query, 0, head, d)] * input.qkv[indexOf(input, sequence, key, 1, head, d)];
          const bucket = input.bucketOfDistance?.[query - key] ?? 0;
          scores.push(score / Math.sqrt(headDim) + (input.biasTable?.[bucket * heads + head] ?? 0));
        }
        const highest = Math.max(...scores);
        const lse = highest + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - highest), 0));
        visit({ sequence, head, query, from, lse, weights: scores.map((s) => Math.exp(s - lse)) });
      }
    }
  }
}

/** Place in qkv of element d of a head's query (which = 0), key (1) or value (2). */
export function indexOf(
  { time, heads, headDim }: AttentionInput,
  sequence: number,
  step: number,
  which: number,
  head: number,
  d: number,
): number {
  return (((sequence * time + step) * 3 + which) * heads + head) * headDim + d;
}

/** Causal attention in float64: y `[batch, time, heads·headDim]`, lse `[batch, heads, time]`. */
export function attentionReference(input: AttentionInput): { y: Float64Array; lse: Float64Array } {
  const { batch, time, heads, headDim } = input;
  const y = new Float64Array(batch * time * heads * headDim);
  const lse = new Float64Array(batch * heads * time);
  eachQuery(input, ({ sequence, head, query, from, lse: ofRow, weights }) => {
    lse[(sequence * heads + head) * time + query] = ofRow;
    weights.forEach((weight, i) => {
      for (let d = 0; d < headDim; d++) {
        y[((sequence * time + query) * heads + head) * headDim + d] += weight * input.qkv[indexOf(input, sequence, from + i, 2, head, d)];
      }
    });
  });
  return { y, lse };
}

/** Gradients of Σ y·dy in float64; dBiasTable has `buckets` rows. */
export function attentionBackwardReference(
  input: AttentionInput,
  dy: ArrayLike<number>,
  buckets: number,
): { dqkv: Float64Array; dBiasTable: Float64Array } {
  const { qkv, heads, headDim, time } = input;
  const dqkv = new Float64Array(qkv.length);
  const dBiasTable = new Float64Array(buckets * heads);
  const scale = 1 / Math.sqrt(headDim);
  eachQuery(input, ({ sequence, head, query, from, weights }) => {
    const g = (d: number) => dy[((sequence * time + query) * heads + head) * headDim + d];
    const dWeights = weights.map((_, i) => {
      let sum = 0;
      for (let d = 0; d < headDim; d++) sum += g(d) * qkv[indexOf(input, sequence, from + i, 2, head, d)];
      return sum;
    });
    const mean = weights.reduce((sum, weight, i) => sum + weight * dWeights[i], 0);
    weights.forEach((weight, i) => {
      const key = from + i;
      const dScore = weight * (dWeights[i] - mean);
      if (buckets > 0) dBiasTable[(input.bucketOfDistance?.[query - key] ?? 0) * heads + head] += dScore;
      for (let d = 0; d < headDim; d++) {
        const [q, k, v] = [0, 1, 2].map((which) => indexOf(input, sequence, which === 0 ? query : key, which, head, d));
        dqkv[q] += dScore * scale * qkv[k];
        dqkv[k] += dScore * scale * qkv[q];
        dqkv[v] += weight * g(d);
      }
    });
  });
  return { dqkv, dBiasTable };
}
