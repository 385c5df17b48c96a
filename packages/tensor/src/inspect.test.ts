import { HostRandom } from '@coxswain/base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdamW } from './adamw.js';
import { backward } from './autograd.js';
import { findCulprit } from './culprit.js';
import type { Device } from './device.js';
import { CaptureError, NotFiniteError } from './errors.js';
import { inspectFinite } from './inspect.js';
import { requestDevice } from './node.js';
import { add, div, exp, layerNorm, linear, mul, scale, square, sum } from './ops/index.js';
import { ParameterStore } from './parameters.js';
import type { Tensor } from './tensor.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());

const failure = async (work: () => Promise<unknown>): Promise<NotFiniteError> => {
  const thrown = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(NotFiniteError);
  return thrown as NotFiniteError;
};

test('names the first operation that writes NaN or infinity, its output and its inputs', async () => {
  using _scope = device.scope();
  const x = device.tensor(Float32Array.of(1, 2, 1e30, 3), [2, 2]);
  x.name = 'x';
  // 0 / infinity would be finite again: the first culprit counts, not the last.
  const error = await failure(() => inspectFinite(device, () => sum(div(x, square(x)))));
  expect(error.operation).toMatch(/^elementwise/);
  expect(error.message).toMatch(/\[2, ?2\]\[2\] is Infinity, made of x "x" \[2,2\], all of them finite/);
  await inspectFinite(device, () => sum(div(x, add(x, x))));
});

test('tells an input that was not finite before', async () => {
  using _scope = device.scope();
  const x = device.tensor(Float32Array.of(1, Number.NaN, 3, 4, 5, 6), [2, 3]);
  x.name = 'residual';
  const error = await failure(() => inspectFinite(device, () => layerNorm(x, { eps: 1e-5 })));
  expect(error.operation).toMatch(/^layer-norm/);
  expect(error.message).toContain('[2,3][0] is NaN');
  expect(error.message).toContain('x[1] is NaN');
});

test('looks at the backward pass too', async () => {
  using _scope = device.scope();
  const w = device.tensor(Float32Array.of(1e-30, 1e-30)).requireGradient();
  const x = device.tensor(Float32Array.of(1, 1e30));
  const error = await failure(() => inspectFinite(device, () => backward(scale(sum(mul(w, x)), 1e30))));
  expect(error.message).toMatch(/\[2\]\[1\] is Infinity/);
  expect(Array.from((await w.gradient?.read()) ?? [])).not.toContain(Number.POSITIVE_INFINITY);
});

test('what was left in memory, finite work and integers are no culprits', async () => {
  using _scope = device.scope();
  const bad = device.tensor(Float32Array.of(Number.NaN, 1e30, 1));
  const kept = device.tensor(Float32Array.of(Number.NaN, 1, 1));
  using spoilt = device.capture(() => ({ y: add(square(bad), bad) }));
  spoilt.run();
  const fine = device.tensor(Float32Array.of(1, 2, 3));
  using program = device.capture(() => {
    device.zero(device.tensor(new Uint32Array(3).fill(0xffffffff)));
    return { y: sum(mul(fine, fine)) };
  });
  await inspectFinite(device, [program]);
  expect(Array.from(await program.outputs.y.read())).toEqual([14]);
  expect(Number.isNaN((await kept.read())[0])).toBe(true);
  expect((await failure(() => inspectFinite(device, [program, spoilt]))).operation).toMatch(/^elementwise/);
});

test('an asynchronous body, or one that reads, is refused', async () => {
  using _scope = device.scope();
  const x = device.tensor(Float32Array.of(1));
  await expect(inspectFinite(device, async () => x.read())).rejects.toThrow(CaptureError);
  await expect(inspectFinite(device, () => x.write(Float32Array.of(1)))).rejects.toThrow(CaptureError);
});

/** One layer and its loss, on inputs of its own. */
function smallStep() {
  const store = new ParameterStore(device);
  const w = store.declare('layer.weight', [3, 2], (values, _, random) => {
    for (let i = 0; i < values.length; i++) values[i] = random.uniform();
  });
  store.finish(new HostRandom(1));
  const optimiser = new AdamW(store);
  const x = device.tensor(Float32Array.of(1, 2, 3, 4), [2, 2]);
  const program = device.capture(() => {
    store.zeroGradients();
    backward(sum(square(exp(linear(x, w)))));
    return { norm: optimiser.apply() };
  });
  const parts = { stores: { model: store }, inputs: { x }, optimisers: { model: optimiser }, programs: [program] };
  return { store, optimiser, x, program, parts };
}

const spoil = async (tensor: Tensor, at: number, value: number): Promise<void> => {
  const data = await tensor.read();
  data[at] = value;
  tensor.write(data);
};

test('finds the culprit of a step: a parameter, an input, a moment, an operation; none where there is none', async () => {
  using _scope = device.scope();
  const { store, optimiser, x, parts } = smallStep();
  optimiser.prepare(1e-3);
  await findCulprit(device, parts);
  x.write(Float32Array.of(1, 2, 300, 4));
  const overflow = await failure(() => findCulprit(device, parts));
  expect(overflow.operation).toMatch(/^elementwise/);
  const state = await optimiser.save();
  (state.get('v.layer.weight')?.data as Float32Array)[4] = Number.POSITIVE_INFINITY;
  optimiser.load(state);
  expect((await failure(() => findCulprit(device, parts))).value).toBe('model optimiser moment v.layer.weight[4] = Infinity');
  await spoil(x, 1, Number.NaN);
  expect((await failure(() => findCulprit(device, parts))).value).toBe('input x[1] = NaN');
  await spoil(store.get('layer.weight'), 5, Number.NaN);
  expect((await failure(() => findCulprit(device, parts))).value).toBe('model parameter layer.weight[5] = NaN');
});
