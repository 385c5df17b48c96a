import { t5SignedBuckets } from '@coxswain/kernels';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { ShapeError } from '../errors.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { attentionStep, causalAttention } from './attention.js';
import { attention } from './attention-apart.js';
import { mul, sigmoid } from './elementwise.js';
import { sum } from './reduce.js';
import { rope } from './rope.js';

const devices: Record<'software' | 'gpu', Device> = {} as never;
const families = ['software', 'gpu'] as const;
beforeAll(async () => {
  for (const family of families) devices[family] = await requestDevice({ family });
});
afterAll(() => {
  for (const family of families) {
    expect(devices[family].live).toBe(0);
    devices[family].close();
  }
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);
const [batch, queries, keys, heads, kvHeads, headDim, buckets] = [2, 5, 7, 4, 2, 4, 8];

describe.each(families)('%s kernels', (family) => {
  test('gradients of cross attention with shared heads and a bias agree with differences', async () => {
    const on = devices[family];
    const inputs = {
      q: { data: wave(batch * queries * heads * headDim, 0), shape: [batch, queries, heads, headDim] },
      k: { data: wave(batch * keys * kvHeads * headDim, 1), shape: [batch, keys, kvHeads, headDim] },
      v: { data: wave(batch * keys * kvHeads * headDim, 2), shape: [batch, keys, kvHeads, headDim] },
      ...(family === 'software' ? { table: { data: wave(buckets * heads, 3), shape: [buckets, heads] } } : {}),
    };
    const errors = await gradientErrors(on, inputs, ({ q, k, v, table }) => {
      const bucketOfDistance = on.tensor(t5SignedBuckets(queries, keys, buckets, 8));
      // Unrolled for GPUs, kernels with a bias take a software adapter minutes to compile; they are tested beside their
      // texts.
      const bias = family === 'software' ? { biasTable: table, bucketOfDistance } : {};
      const y = attention(q, k, v, { ...bias, keyLengths: on.tensor(Uint32Array.of(7, 4)) });
      return sum(mul(y, sigmoid(y)));
    });
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
  });

  test('a causal mask over operands apart is causalAttention; rope turns queries and keys behind each other', async () => {
    const on = devices[family];
    using _scope = on.scope();
    const time = 6;
    const qkv = on.tensor(wave(batch * time * (heads + 2 * kvHeads) * headDim, 4), [batch, time, (heads + 2 * kvHeads) * headDim]);
    const positions = on.tensor(Uint32Array.from({ length: time }, (_, i) => 1000 + i));
    const turned = rope(qkv, positions, { headDim, heads: heads + kvHeads });
    const whole = await causalAttention(turned, { heads, kvHeads }).read();
    // One step at a time, each sequence one step later than the one before it.
    const caches = { keys: on.zeros([batch, time, kvHeads * headDim]), values: on.zeros([batch, time, kvHeads * headDim]) };
    const rows = await qkv.read();
    const row = (heads + 2 * kvHeads) * headDim;
    for (let t = 0; t <= time; t++) {
      const at = Array.from({ length: batch }, (_, b) => Math.min(Math.max(t - b, 0), time - 1));
      const now = Float32Array.from(at.flatMap((step, b) => [...rows.subarray((b * time + step) * row, (b * time + step + 1) * row)]));
      const step = on.tensor(Uint32Array.from(at));
      const input = rope(on.tensor(now, [batch, row]), on.tensor(Uint32Array.from(at, (i) => 1000 + i)), {
        headDim,
        heads: heads + kvHeads,
      });
      const y = await attentionStep(input, { ...caches, step, heads, kvHeads }).read();
      at.forEach((s, b) => {
        const expected = whole.subarray((b * time + s) * heads * headDim, (b * time + s + 1) * heads * headDim);
        y.subarray(b * heads * headDim, (b + 1) * heads * headDim).forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i], 5);
        });
      });
    }
    const [width, cached] = [heads * headDim, kvHeads * headDim];
    const columns = await turned.read();
    const part = (from: number, size: number, count: number) =>
      on.tensor(
        Float32Array.from(
          Array.from({ length: batch * time }, (_, i) => [...columns.subarray(i * row + from, i * row + from + size)]).flat(),
        ),
        [batch, time, count, headDim],
      );
    const y = attention(part(0, width, heads), part(width, cached, kvHeads), part(width + cached, cached, kvHeads), { mask: 'causal' });
    (await y.read()).forEach((value, i) => {
      expect(value).toBeCloseTo(whole[i], 5);
    });
  });

  test('the gradient of rope agrees with differences', async () => {
    const on = devices[family];
    const errors = await gradientErrors(on, { x: { data: wave(3 * 24, 0), shape: [3, 24] } }, ({ x }) => {
      const y = rope(x, on.tensor(Uint32Array.of(2, 30, 100_000)), { headDim: 8, heads: 2, interleaved: family === 'gpu' });
      return sum(mul(y, sigmoid(y)));
    });
    expect(errors.x).toBeLessThan(5e-3);
  });
});

test('what does not fit is refused by its value', () => {
  const on = devices.software;
  using _scope = on.scope();
  const [q, k] = [on.zeros([2, 3, 4, 8]), on.zeros([2, 5, 2, 8])];
  const u32 = (...values: number[]) => on.tensor(Uint32Array.from(values));
  const refused: [() => unknown, string][] = [
    [() => attention(q, k, on.zeros([2, 4, 2, 8])), 'v [2,4,2,8]'],
    [() => attention(q, on.zeros([2, 5, 3, 8]), on.zeros([2, 5, 3, 8])), '4 heads and 3 kvHeads'],
    [() => attention(on.zeros([2, 3, 4, 6]), on.zeros([2, 5, 4, 6]), on.zeros([2, 5, 4, 6])), 'heads of 6 elements'],
    [() => attention(q, k, k, { window: 2 }), 'window without a causal mask'],
    [() => attention(q, k, k, { mask: 'causal', offset: -1 }), 'offset -1'],
    [() => attention(q, k, k, { keyLengths: u32(1, 2, 3) }), 'keyLengths [3]'],
    [() => attention(q, k, k, { biasTable: on.zeros([8, 3]), bucketOfDistance: u32(0) }), 'biasTable [8,3]'],
    [() => attention(q, k, k, { biasTable: on.zeros([8, 4]), bucketOfDistance: u32(0, 1) }), 'bucketOfDistance [2]'],
    [() => attention(on.zeros([2, 3, 32]), k, k), 'q [2,3,32]'],
    [() => rope(q, u32(0, 1), { headDim: 8, heads: 5 }), 'heads 5'],
    [() => rope(q, u32(0, 1, 2, 3), { headDim: 8 }), 'positions u32 [4]'],
    [() => rope(q, u32(0), { headDim: 4 }), 'x f32 [2,3,4,8] for heads of 4'],
    [() => rope(q, u32(0), { headDim: 7 }), 'heads of 7 elements'],
    [() => rope(q, u32(0), { headDim: 8, base: 0 }), 'base 0'],
    [() => causalAttention(on.zeros([1, 2, 48]), { heads: 3, kvHeads: 2 }), '3 heads and 2 kvHeads'],
    [
      () => attentionStep(on.zeros([2, 24]), { keys: on.zeros([2, 4, 8]), values: on.zeros([2, 4, 8]), step: u32(0, 1, 2), heads: 1 }),
      'step u32 [3]',
    ],
  ];
  for (const [call, value] of refused) {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(value);
  }
});
