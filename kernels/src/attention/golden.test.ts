/** Attention with queries, keys and values apart against PyTorch. */
import { expect, test } from 'vitest';
import { type Case, kinds } from '../testing/attention.js';
import { f32, readGolden } from '../testing/golden.js';
import { relativeError } from '../testing/harness.js';
import { separateAttention, t5SignedBuckets } from './index.js';

/** What each file's mask is; see `make_attention.py`. */
const files = {
  attention_grouped: { causal: 1 },
  attention_cross: { causal: 0 },
  attention_bidirectional: { causal: 0 },
  attention_window: { causal: 1, window: 4, offset: 5 },
};

test('golden buckets of signed distances', () => {
  const { bucket } = readGolden('more/attention_bidirectional');
  expect(Array.from(t5SignedBuckets(17, 17, 8, 40))).toEqual(Array.from(bucket.data));
});

test.each(kinds.flatMap(([kind, run]) => Object.entries(files).map(([file, mask]) => [kind, file, mask, run] as const)))(
  '%s: golden %s',
  async (_, file, mask, run) => {
    const golden = readGolden(`more/${file}`);
    const [batch, heads, queries, headDim] = golden.q.shape;
    const [, kvHeads, keys] = golden.k.shape;
    const sizes = { batch, heads, kvHeads, queries, keys, headDim, ...mask };
    const biased = golden.bias_table ? 1 : 0;
    const shape = separateAttention({ ...sizes, biased, lengths: 1, keyLengths: 1, headsFirst: true });
    const input: Case = {
      ...{ shape, q: f32(golden.q), k: f32(golden.k), v: f32(golden.v) },
      biasTable: golden.bias_table && f32(golden.bias_table),
      bucketOfDistance: golden.bucket && Uint32Array.from(golden.bucket.data),
      lengths: Uint32Array.from(golden.lengths.data),
      keyLengths: Uint32Array.from(golden.key_lengths.data),
    };
    const out = await run(input, f32(golden.dy));
    expect(relativeError(out.y, golden.y.data)).toBeLessThan(1e-5);
    for (const [name, vector] of [['dq', 0] as const, ['dk', shape.dkAt] as const, ['dv', shape.dvAt] as const]) {
      const { data } = golden[name];
      expect(relativeError(out.dqkv.subarray(4 * vector, 4 * vector + data.length), data), name).toBeLessThan(1e-4);
    }
    if (biased) expect(relativeError(out.dBiasTable ?? [], golden.dbias_table.data)).toBeLessThan(1e-4);
  },
);
