import { HostRandom } from '@coxswain/base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accumulator, backward, noGrad, op } from './autograd.js';
import type { Device } from './device.js';
import { ShapeError } from './errors.js';
import { requestDevice } from './node.js';
import { add, exp, linear, mul, scale, square, sub, sum } from './ops/index.js';
import { ParameterStore } from './parameters.js';
import type { Tensor } from './tensor.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const X = [0.5, -1.5, 2, 3];
const leaf = (values: readonly number[] = X): Tensor => device.tensor(Float32Array.from(values)).requireGradient();
const gradientOf = async (tensor: Tensor): Promise<number[]> => Array.from(await (tensor.gradient as Tensor).read());

test('a diamond: both paths add up', async () => {
  using _scope = device.scope();
  const x = leaf();
  backward(sum(mul(scale(x, 2), square(x))));
  expect(await gradientOf(x)).toEqual(X.map((v) => 6 * v * v));
});

test('diamonds on diamonds: each operation goes backward once, however many paths there are', async () => {
  using _scope = device.scope();
  const x = leaf([1]);
  let y: Tensor = x;
  for (let i = 0; i < 30; i++) y = add(y, y);
  const { dispatches } = device.counters;
  backward(y);
  expect(await gradientOf(x)).toEqual([2 ** 30]);
  expect(device.counters.dispatches - dispatches).toBeLessThan(200);
});

test('a leaf used several times, also twice by one operation', async () => {
  using _scope = device.scope();
  const x = leaf();
  backward(sum(add(mul(x, x), sub(x, scale(x, 3)))));
  expect(await gradientOf(x)).toEqual(X.map((v) => 2 * v - 2));
});

test('gradients of intermediates that are shared are not changed by what is added to them', async () => {
  using _scope = device.scope();
  // add hands one gradient tensor to both its inputs; a receives more from elsewhere, b must not see it.
  const [p, q] = [leaf(), leaf()];
  const [a, b] = [scale(p, 1), scale(q, 1)];
  backward(sum(add(add(a, b), square(a))));
  expect(await gradientOf(p)).toEqual(X.map((v) => 1 + 2 * v));
  expect(await gradientOf(q)).toEqual(X.map(() => 1));
});

test('a second backward adds to the gradients of leaves', async () => {
  using _scope = device.scope();
  const x = leaf();
  const loss = sum(square(x));
  backward(loss);
  backward(loss);
  backward(sum(x));
  expect(await gradientOf(x)).toEqual(X.map((v) => 4 * v + 1));
});

test('a parameter used twice in a graph, in two graphs, and zeroed between', async () => {
  using _scope = device.scope();
  const store = new ParameterStore(device);
  const w = store.declare('w', [2, 2], (values) => values.set([1, 2, 3, 4]));
  store.finish(new HostRandom(0));
  const x = device.tensor(Float32Array.of(1, 1), [1, 2]);
  // y = w w x; d(sum y) = 1 (w x)ᵀ + wᵀ 1 xᵀ, with w x = [3, 7] and wᵀ 1 = [4, 6].
  const once = [3 + 4, 7 + 4, 3 + 6, 7 + 6];
  const twice = () => backward(sum(linear(linear(x, w), w)));
  twice();
  expect(await gradientOf(w)).toEqual(once);
  twice();
  expect(await gradientOf(w)).toEqual(once.map((v) => 2 * v));
  store.zeroGradients();
  twice();
  expect(await gradientOf(w)).toEqual(once);
  store.dispose();
});

test('nothing flows through detach, noGrad or a frozen store', async () => {
  using _scope = device.scope();
  const x = leaf();
  backward(sum(mul(x.detach(), x)));
  expect(await gradientOf(x)).toEqual(X);
  const y = noGrad(() => mul(x, x));
  expect(y.requiresGradient).toBe(false);
  const z = leaf();
  backward(sum(mul(y, z)));
  expect(await gradientOf(z)).toEqual(X.map((v) => v * v));
  expect(await gradientOf(x)).toEqual(X);
  const frozen = new ParameterStore(device, false);
  const w = frozen.declare('w', [1, 4], (values) => values.set([1, 2, 3, 4]));
  frozen.finish(new HostRandom(0));
  expect(linear(device.tensor(Float32Array.from(X), [1, 4]), w).requiresGradient).toBe(false);
  const through = leaf();
  backward(linear(through.reshape([1, 4]), w));
  expect(await gradientOf(through)).toEqual([1, 2, 3, 4]);
  expect(w.gradient).toBeUndefined();
  expect(() => frozen.gradients).toThrow(ShapeError);
  frozen.dispose();
});

test('noGrad ends with its body, also when that throws, and nests', () => {
  using _scope = device.scope();
  const x = leaf();
  expect(() =>
    noGrad(() => {
      noGrad(() => {});
      expect(square(x).requiresGradient).toBe(false);
      throw new RangeError('from the body');
    }),
  ).toThrow(RangeError);
  expect(square(x).requiresGradient).toBe(true);
});

test('what the loss does not depend on gets no gradient and costs nothing', async () => {
  using _scope = device.scope();
  const dispatchesOf = (loss: Tensor): number => {
    device.flush();
    const { dispatches } = device.counters;
    backward(loss);
    device.flush();
    return device.counters.dispatches - dispatches;
  };
  const alone = dispatchesOf(sum(leaf()));
  const [used, unused] = [leaf(), leaf()];
  exp(mul(used, unused));
  expect(dispatchesOf(sum(used))).toBe(alone);
  expect(await gradientOf(unused)).toEqual([0, 0, 0, 0]);
  expect(await gradientOf(used)).toEqual([1, 1, 1, 1]);
});

test('an operation with several outputs receives null for those that nothing used', async () => {
  using _scope = device.scope();
  const x = leaf();
  const received: boolean[][] = [];
  const pair = (): [Tensor, Tensor] => {
    const [a, b] = noGrad(() => [scale(x, 2), scale(x, 3)]) as [Tensor, Tensor];
    op('pair', [x], [a, b], ([da, db]) => {
      received.push([da !== null, db !== null]);
      return [da ? scale(da, 2) : scale(db as Tensor, 3)];
    });
    return [a, b];
  };
  backward(sum(pair()[1]));
  expect(received).toEqual([[false, true]]);
  expect(await gradientOf(x)).toEqual([3, 3, 3, 3]);
});

test('an operation may add its gradient in place, beside operations that return theirs', async () => {
  using _scope = device.scope();
  const triple = (x: Tensor): Tensor => {
    const y = noGrad(() => scale(x, 3));
    op('triple', [x], [y], ([dy]) => {
      const into = accumulator(x);
      device.copy(add(into, scale(dy as Tensor, 3)), into);
      return [null];
    });
    return y;
  };
  const x = leaf();
  const middle = square(x);
  backward(sum(add(add(triple(middle), middle), add(triple(middle), triple(x)))));
  expect(await gradientOf(x)).toEqual(X.map((v) => 7 * 2 * v + 3));
  expect(() => accumulator(middle)).toThrow(/inside backward/);
});

test('a seed is the gradient of what is differentiated', async () => {
  using _scope = device.scope();
  const x = leaf();
  const y = square(x);
  const seed = device.tensor(Float32Array.of(1, 10, 100, 1000));
  backward(y, seed);
  expect(await gradientOf(x)).toEqual([1, -30, 400, 6000]);
  expect(Array.from(await seed.read())).toEqual([1, 10, 100, 1000]);
  backward(x, seed);
  expect(await gradientOf(x)).toEqual([2, -20, 500, 7000]);
});

test('a tensor made a leaf ends the graph there', async () => {
  using _scope = device.scope();
  const x = leaf();
  const y = scale(x, 2).requireGradient();
  backward(sum(square(y)));
  expect(await gradientOf(y)).toEqual(X.map((v) => 4 * v));
  expect(await gradientOf(x)).toEqual([0, 0, 0, 0]);
});

test('losses and gradients that cannot be differentiated', () => {
  using _scope = device.scope();
  const x = leaf();
  expect(() => backward(square(x))).toThrow(ShapeError);
  expect(() => backward(square(x), device.zeros([3]))).toThrow(ShapeError);
  expect(() => backward(sum(x.detach()))).toThrow(/depends on nothing/);
  expect(() => device.tensor(Int32Array.of(1)).requireGradient()).toThrow(ShapeError);
  const wrong = noGrad(() => scale(x, 1));
  op('wrong', [x], [wrong], () => [device.zeros([5])]);
  expect(() => backward(sum(wrong))).toThrow(ShapeError);
  // A backward that failed leaves nothing behind.
  backward(sum(x));
});
