import { t5Buckets } from '@coxswain/kernels';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { ShapeError } from '../errors.js';
import { requestDevice } from '../node.js';
import type { Tensor } from '../tensor.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { attentionStep, causalAttention } from './attention.js';
import { mul, sigmoid } from './elementwise.js';
import { sum } from './reduce.js';

let device: Device;
let gpu: Device;
beforeAll(async () => {
  device = await requestDevice();
  gpu = await requestDevice({ family: 'gpu' });
});
afterAll(() => {
  for (const one of [device, gpu]) {
    expect(one.live).toBe(0);
    one.close();
  }
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);
const [batch, time, heads, headDim, buckets] = [3, 11, 2, 8, 6];
const width = heads * headDim;
const qkv = wave(batch * time * 3 * width, 0);
const biasTable = wave(buckets * heads, 1);

test.each([
  ['adapter’s', undefined, undefined],
  ['adapter’s', [11, 4, 0], 0],
  ['GPU’s', [11, 4, 0], 0],
  ['adapter’s', [11, 4, 0], 3],
  ['GPU’s', [11, 4, 0], 3],
])('gradients agree with differences (the %s kernels, lengths: %o, window: %o)', async (family, lengths, window) => {
  const on = family === 'GPU’s' ? gpu : device;
  const errors = await gradientErrors(
    on,
    { qkv: { data: qkv, shape: [batch, time, 3 * width] }, biasTable: { data: biasTable, shape: [buckets, heads] } },
    ({ qkv: x, biasTable: table }) => {
      const y = causalAttention(x, {
        heads,
        biasTable: table,
        bucketOfDistance: on.tensor(t5Buckets(time, buckets, 8), [time]),
        lengths: lengths && on.tensor(Uint32Array.from(lengths), [batch]),
        window,
      });
      return sum(mul(y, sigmoid(y)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test.each(['adapter’s', 'GPU’s'])('sequences without a step need no bucket, and give nothing (the %s kernels)', async (family) => {
  const on = family === 'GPU’s' ? gpu : device;
  using _scope = on.scope();
  const table = on.tensor(biasTable, [buckets, heads]).requireGradient();
  const y = causalAttention(on.zeros([batch, 0, 3 * width]), { heads, biasTable: table, bucketOfDistance: on.zeros([0], 'u32') });
  expect(y.shape).toEqual([batch, 0, width]);
  backward(sum(y));
  expect([...(await (table.gradient as Tensor).read())].every((value) => value === 0)).toBe(true);
});

test('gradients without a bias agree with differences', async () => {
  const errors = await gradientErrors(device, { qkv: { data: qkv, shape: [batch, time, 3 * width] } }, ({ qkv: x }) => {
    const y = causalAttention(x, { heads });
    return sum(mul(y, sigmoid(y)));
  });
  expect(errors.qkv).toBeLessThan(5e-3);
});

test('a window as long as the sequence, or longer than a uniform holds, is none, bit for bit', async () => {
  for (const on of [device, gpu]) {
    using _scope = on.scope();
    const run = (window?: number) => causalAttention(on.tensor(qkv, [batch, time, 3 * width]), { heads, window }).read();
    const whole = await run();
    for (const window of [0, time, 2 ** 32 + 3]) expect(await run(window)).toEqual(whole);
    expect(await run(time - 1)).not.toEqual(whole);
  }
});

test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a window of %o is refused by its value', (window) => {
  using _scope = device.scope();
  const caches = { keys: device.zeros([batch, time, width]), values: device.zeros([batch, time, width]) };
  const step = device.tensor(Uint32Array.of(0), [1]);
  const whole = () => causalAttention(device.zeros([batch, time, 3 * width]), { heads, window });
  const one = () => attentionStep(device.zeros([batch, 3 * width]), { ...caches, heads, step, window });
  for (const refused of [whole, one]) {
    expect(refused).toThrow(ShapeError);
    expect(refused).toThrow(`got window ${window}, expected a whole number of at least 0`);
  }
});

test.each([0, 1, 3, 20])(
  'a captured step, replayed with a later position, goes through the whole sequence (window: %i)',
  async (window) => {
    using _scope = device.scope();
    const bias = {
      heads,
      biasTable: device.tensor(biasTable, [buckets, heads]),
      bucketOfDistance: device.tensor(t5Buckets(time, buckets, 8), [time]),
      window,
    };
    const whole = await causalAttention(device.tensor(qkv, [batch, time, 3 * width]), bias).read();
    const keys = device.zeros([batch, time, width]);
    const values = device.zeros([batch, time, width]);
    const step = device.tensor(Uint32Array.of(0), [1]);
    const input = device.zeros([batch, 3 * width]);
    const program = device.capture(() => ({ y: attentionStep(input, { ...bias, keys, values, step }) }));
    for (let t = 0; t < time; t++) {
      const rows = Array.from({ length: batch }, (_, b) => [...qkv.subarray((b * time + t) * 3 * width, (b * time + t + 1) * 3 * width)]);
      input.write(Float32Array.from(rows.flat()));
      step.write(Uint32Array.of(t));
      program.run();
      const y = await program.outputs.y.read();
      for (let b = 0; b < batch; b++) {
        const expected = whole.subarray((b * time + t) * width, (b * time + t + 1) * width);
        expected.forEach((v, i) => {
          expect(y[b * width + i]).toBeCloseTo(v, 5);
        });
      }
    }
    program.dispose();
  },
);
