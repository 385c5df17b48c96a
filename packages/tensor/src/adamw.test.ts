import { HostRandom, type RandomSource } from '@coxswain/base';
import { type AdamWState, adamwHyper, adamwReference } from '@coxswain/kernels';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdamW, type AdamWSettings } from './adamw.js';
import { backward } from './autograd.js';
import type { Device } from './device.js';
import { ArgumentError, CheckpointError } from './errors.js';
import { requestDevice } from './node.js';
import { gelu, linear, relu, sigmoid, silu, square, sum, tanh } from './ops/index.js';
import { ParameterStore } from './parameters.js';
import { readSafetensors, writeSafetensors } from './safetensors/index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const draw = (random: RandomSource, length: number, scale = 1): Float32Array =>
  Float32Array.from({ length }, () => scale * random.normal());

function made(settings: AdamWSettings): { store: ParameterStore; optimiser: AdamW } {
  const store = new ParameterStore(device);
  for (const [name, shape] of [
    ['a', [7, 5]],
    ['b', [3]],
  ] as const)
    store.declare(name, shape, (values, _, random) => values.set(draw(random, values.length)));
  store.finish(new HostRandom(1));
  return { store, optimiser: new AdamW(store, settings) };
}

/** Gradients of step `step` for both parameters; large ones every second step, so that clipping takes part. */
function writeGradients(store: ParameterStore, step: number): void {
  const random = new HostRandom(7, step);
  for (const name of store.names) store.get(name).gradient?.write(draw(random, store.get(name).size, step % 2 === 0 ? 10 : 0.1));
}

const relative = (out: ArrayLike<number>, reference: ArrayLike<number>): number =>
  Math.hypot(...Array.from(out, (value, i) => value - reference[i])) / Math.hypot(...Array.from(reference));

test('several steps with clipping and decay agree with the reference', async () => {
  const settings = { beta1: 0.8, beta2: 0.95, eps: 1e-6, weightDecay: 0.1, clip: 2 };
  const { store, optimiser } = made(settings);
  const zeros = new Float64Array(store.flat.size);
  let state: AdamWState = { parameters: Float64Array.from(await store.flat.read()), mean: zeros, variance: zeros };
  for (let step = 1; step <= 6; step++) {
    writeGradients(store, step);
    const learningRate = 0.1 / step;
    optimiser.prepare(learningRate);
    const norm = optimiser.apply();
    const [gradients, [measured], parameters] = (await device.read([store.gradients, norm, store.flat])) as Float32Array[];
    const exact = Math.hypot(...gradients);
    expect(Math.abs(measured / exact - 1)).toBeLessThan(1e-5);
    expect(exact > settings.clip).toBe(step % 2 === 0);
    const hyper = adamwHyper({ learningRate, step, beta1: settings.beta1, beta2: settings.beta2, maxNorm: settings.clip });
    const shape = {
      count: gradients.length,
      decay1: 1 - settings.beta1,
      decay2: 1 - settings.beta2,
      eps: settings.eps,
      weightDecay: settings.weightDecay,
    };
    state = adamwReference(shape, state, gradients, hyper, exact);
    expect(relative(parameters, state.parameters)).toBeLessThan(1e-5);
    norm.dispose();
  }
  expect(optimiser.step).toBe(6);
  for (const each of [optimiser, store]) each.dispose();
});

test('captured, saved to a file and loaded into another run it goes on bit for bit', async () => {
  const captured = () => {
    const run = made({ weightDecay: 0.03, clip: 1 });
    const program = device.capture(() => {
      run.optimiser.apply();
      return {};
    });
    const steps = (from: number, to: number): void => {
      for (let step = from; step <= to; step++) {
        writeGradients(run.store, step);
        run.optimiser.prepare(0.01);
        program.run();
      }
    };
    const dispose = () => {
      for (const each of [program, run.optimiser, run.store]) each.dispose();
    };
    return { ...run, steps, dispose };
  };
  const whole = captured();
  whole.steps(1, 8);
  const first = captured();
  first.steps(1, 5);
  const files = [writeSafetensors(await first.store.save()), writeSafetensors(await first.optimiser.save())];
  first.dispose();
  const second = captured();
  second.store.load(readSafetensors(files[0]).tensors);
  second.optimiser.load(readSafetensors(files[1]).tensors);
  expect(second.optimiser.step).toBe(5);
  second.steps(6, 8);
  expect(await second.store.save()).toEqual(await whole.store.save());
  expect(await second.optimiser.save()).toEqual(await whole.optimiser.save());
  for (const each of [whole, second]) each.dispose();
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a gradient with %d changes nothing but the count, which is saved', async (bad) => {
  const { store, optimiser } = made({});
  writeGradients(store, 1);
  optimiser.prepare(0.1);
  optimiser.apply().dispose();
  const [parameters, before] = [await store.save(), await optimiser.save()];
  store.get('b').gradient?.write(Float32Array.of(1, bad, 1));
  for (let i = 0; i < 2; i++) {
    optimiser.prepare(0.1);
    optimiser.apply().dispose();
  }
  expect(await store.save()).toEqual(parameters);
  const after = await optimiser.save();
  expect(after.get('skipped')?.data).toEqual(Uint32Array.of(2));
  for (const name of ['m.a', 'm.b', 'v.a', 'v.b']) expect(after.get(name)).toEqual(before.get(name));
  optimiser.load(after);
  expect(Array.from(await optimiser.skipped.read())).toEqual([2]);
  for (const each of [optimiser, store]) each.dispose();
});

test('a state of another store is refused and changes nothing', async () => {
  const { store, optimiser } = made({});
  writeGradients(store, 1);
  optimiser.prepare(0.1);
  optimiser.apply().dispose();
  const saved = await optimiser.save();
  for (const missing of ['step', 'm.a', 'v.b']) {
    const state = new Map(saved);
    state.delete(missing);
    state.set('m.b', { shape: [3], data: Float32Array.of(9, 9, 9) });
    expect(() => optimiser.load(state, 'run/state.safetensors')).toThrow(CheckpointError);
    expect(() => optimiser.load(state, 'run/state.safetensors')).toThrow(/^run\/state\.safetensors: no tensor/);
  }
  expect(await optimiser.save()).toEqual(saved);
  for (const each of [optimiser, store]) each.dispose();
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'a gradient of %d skips the step and is counted',
  async (value) => {
    const { store, optimiser } = made({ clip: 1 });
    writeGradients(store, 1);
    const bad = new Float32Array(35);
    bad[17] = value;
    store.get('a').gradient?.write(bad);
    const before = await store.flat.read();
    optimiser.prepare(0.1);
    const norm = optimiser.apply();
    expect(Number.isFinite(await norm.item())).toBe(false);
    expect(await store.flat.read()).toEqual(before);
    expect(await optimiser.skipped.read()).toEqual(Uint32Array.of(1));
    for (const owned of [norm, optimiser, store]) owned.dispose();
  },
);

test('a NaN in a weight makes the loss, the norm and every later loss NaN, whatever activation lies between; steps are skipped', async () => {
  using _scope = device.scope();
  for (const activation of [relu, tanh, sigmoid, gelu, silu]) {
    const { store, optimiser } = made({ clip: 1 });
    const weights = store.get('a');
    const values = await weights.read();
    values[4] = Number.NaN;
    weights.write(values);
    const x = device.tensor(draw(new HostRandom(3), 10), [2, 5]);
    for (let step = 1; step <= 3; step++) {
      device.zero(store.gradients);
      const loss = sum(square(activation(linear(x, weights))));
      backward(loss);
      optimiser.prepare(0.1);
      expect(await loss.item()).toBeNaN();
      expect(await optimiser.apply().item()).toBeNaN();
      expect(await optimiser.skipped.read()).toEqual(Uint32Array.of(step));
    }
    optimiser.dispose();
    store.dispose();
  }
});

test('an update without a learning rate is refused, alone and in a program, and leaves the weights as they are', async () => {
  using _scope = device.scope();
  const { store, optimiser } = made({});
  writeGradients(store, 1);
  const before = await store.save();
  const expected = new ArgumentError('AdamW.apply', 'no learning rate', 'prepare(learningRate) before each update');
  expect(() => optimiser.apply()).toThrow(expected);
  const program = device.capture(() => ({ norm: optimiser.apply() }));
  expect(() => program.run()).toThrow(expected);
  expect(await store.save()).toEqual(before);
  optimiser.prepare(0.1);
  program.run();
  expect(Array.from(await store.flat.read()).every(Number.isFinite)).toBe(true);
  // Moments of another step: what was prepared is of before.
  optimiser.load(await optimiser.save());
  expect(() => program.run()).toThrow(expected);
  for (const each of [program, optimiser, store]) each.dispose();
});
