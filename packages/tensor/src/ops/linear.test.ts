import { HostRandom } from '@coxswain/base';
import { matmulParts } from '@coxswain/kernels';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { relativeError } from '../../../../kernels/src/testing/harness.js';
import { backward, noGrad } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { ParameterStore } from '../parameters.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { add, addRelu, mul, relu, sigmoid } from './elementwise.js';
import { linear, normedLinear } from './linear.js';
import { layerNorm } from './norm.js';
import { sum } from './reduce.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);

test('gradients of a linear layer with bias, residual and layer norm agree with differences', async () => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(7 * 12, 0), shape: [7, 12] },
      w: { data: wave(5 * 12, 1), shape: [5, 12] },
      b: { data: wave(5, 2), shape: [5] },
      r: { data: wave(35, 3), shape: [7, 5] },
      gamma: { data: wave(12, 4), shape: [12] },
      beta: { data: wave(12, 5), shape: [12] },
    },
    ({ x, w, b, r, gamma, beta }) => {
      const y = linear(layerNorm(x, { gamma, beta }), w, { bias: b, residual: r });
      return sum(mul(y, sigmoid(y)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test.each([
  { rows: 37, width: 64, out: 192, relu: false },
  { rows: 37, width: 64, out: 256, relu: true },
  { rows: 5, width: 12, out: 36, relu: true },
  { rows: 9, width: 40, out: 8, relu: false },
  { rows: 9, width: 128, out: 64, relu: true },
  { rows: 9, width: 7, out: 5, relu: true },
])(
  'a layer norm on the way into a product of $rows × $width × $out is the one before it, relu $relu',
  async ({ rows, width, out, relu }) => {
    using _scope = device.scope();
    const x = device.tensor(
      wave(rows * width, 0).map((v, i) => 3 * v + Math.floor(i / width)),
      [rows, width],
    );
    const [gamma, beta, bias] = [device.tensor(wave(width, 1)), device.tensor(wave(width, 2)), device.tensor(wave(out, 3))];
    const w = device.tensor(wave(out * width, 4), [out, width]);
    const norm = { gamma, beta, eps: 1e-5 };
    const before = await noGrad(() => linear(layerNorm(x, norm), w, { bias, relu })).read();
    expect(relativeError(await noGrad(() => normedLinear(x, norm, w, { bias, relu })).read(), before)).toBeLessThan(1e-6);
  },
);

test('gradients through a norm on the way into a product are those of the norm before it', async () => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(7 * 12, 0), shape: [7, 12] },
      w: { data: wave(8 * 12, 1), shape: [8, 12] },
      gamma: { data: wave(12, 4), shape: [12] },
      beta: { data: wave(12, 5), shape: [12] },
    },
    ({ x, w, gamma, beta }) => sum(mul(normedLinear(x, { gamma, beta, eps: 1e-5 }, w), device.tensor(wave(56, 6), [7, 8]))),
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('gradients with widths that divide into fours and a relu agree with differences', async () => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(9 * 12, 0), shape: [9, 12] },
      w: { data: wave(8 * 12, 1), shape: [8, 12] },
      b: { data: wave(8, 2), shape: [8] },
    },
    ({ x, w, b }) => {
      const y = linear(x, w, { bias: b, relu: true });
      return sum(mul(y, sigmoid(y)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('the gradient of a relu is taken once along every path, whether in the product behind it or by itself', async () => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(9 * 12, 0), shape: [9, 12] },
      w: { data: wave(8 * 12, 1), shape: [8, 12] },
      b: { data: wave(8, 2), shape: [8] },
      v: { data: wave(8 * 8, 5), shape: [8, 8] },
    },
    ({ x, w, b, v }) => {
      const once = linear(x, w, { bias: b, relu: true });
      const alone = linear(once, v, { bias: b });
      // Read twice: by a product, which masks its share, and as it is.
      const twice = relu(alone);
      const both = add(linear(twice.reshape([9, 8]), v), twice);
      // The sum of two outputs of relus hands one gradient to both.
      const sums = linear(addRelu(relu(both), once), v);
      return sum(mul(sums, sigmoid(sums)));
    },
    3e-3,
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(1e-2);
});

test('two heads on one layer norm add up their gradients', async () => {
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(7 * 12, 0), shape: [7, 12] },
      w: { data: wave(5 * 12, 1), shape: [5, 12] },
      gamma: { data: wave(12, 4), shape: [12] },
      beta: { data: wave(12, 5), shape: [12] },
    },
    ({ x, w, gamma, beta }) => {
      const e = linear(x, linear(w.reshape([12, 5]), w.reshape([12, 5])));
      const y = layerNorm(e, { gamma, beta });
      const [a, b] = [linear(y, w), linear(y, w, { residual: linear(e, w) })];
      return sum(mul(a, sigmoid(b)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test.each([68, 53, 1])(
  'the kernels of GPUs give the same layer of %i and the same gradients, the sum over a long batch split',
  async (wide) => {
    const gpu = await requestDevice({ family: 'gpu' });
    expect(gpu.traits.family).toBe('gpu');
    const run = async (on: Device): Promise<Float32Array[]> => {
      using _scope = on.scope();
      const store = new ParameterStore(on);
      const w = store.declare('w', [wide, 12], (values) => values.set(wave(wide * 12, 1)));
      const bias = store.declare('b', [wide], (values) => values.set(wave(wide, 2)));
      store.finish(new HostRandom(1));
      store.zeroGradients();
      const y = linear(on.tensor(wave(1030 * 12, 0), [1030, 12]), w, { bias });
      backward(sum(mul(y, sigmoid(y))));
      const out = (await on.read([y.detach(), store.gradients])) as Float32Array[];
      store.dispose();
      return out;
    };
    const [right, given] = [await run(device), await run(gpu)];
    for (const [i, expected] of right.entries()) expect(relativeError(given[i], expected)).toBeLessThan(1e-5);
    expect(matmulParts({ m: 68, n: 12, k: 1030 }, gpu.traits)).toBeGreaterThan(1);
    gpu.close();
  },
);

test('a family that there is not is refused by name', async () => {
  await expect(requestDevice({ family: 'tpu' as 'gpu' })).rejects.toThrow('tpu, expected one of gpu, software');
});
