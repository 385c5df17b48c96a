import { GRID_MINI } from '@coxswain/envs';
import { DevicePinpad } from '@coxswain/envs/device';
import { type Device, readSafetensors, type Scope, writeSafetensors } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { INTERNAL_SETTINGS, internalRl, RAW_SETTINGS, rawRl } from './methods.js';
import type { Pending, Reinforcer } from './reinforce.js';
import { trainableCopy } from './testing/trainable-copy.js';
import { gridMini, startingPolicy, trained } from './testing/trained.js';

let device: Device;
let scope: Scope;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());
beforeEach(() => {
  scope = device.scope();
});
afterEach(() => scope[Symbol.dispose]());

type Size = { readonly task?: string; readonly episodes?: number; readonly horizon?: number; readonly seed?: number };

function internal(
  { task = '0', episodes = 64, horizon = 12, seed = 1 }: Size = {},
  settings: Partial<typeof INTERNAL_SETTINGS> = {},
  gate: 'hard' | 'open' = 'hard',
): Reinforcer {
  const parts = trained(device);
  const options = { ...parts, gate: parts[gate], policy: startingPolicy(device), environment: gridMini(task, episodes, horizon), seed };
  return internalRl({ ...options, settings: { ...INTERNAL_SETTINGS, ...settings } });
}

function raw({ task = '0', episodes = 64, horizon = 12, seed = 1 }: Size = {}, settings: Partial<typeof RAW_SETTINGS> = {}): Reinforcer {
  return rawRl({
    model: trainableCopy(trained(device).model),
    environment: gridMini(task, episodes, horizon),
    seed,
    settings: { ...RAW_SETTINGS, ...settings },
  });
}

test.each([
  ['internal', internal],
  ['raw', raw],
] as const)('%s: in the first epoch all ratios are 1; later ones move', async (_, make) => {
  const { epochs, metrics } = await make().update();
  expect(epochs).toHaveLength(4);
  expect(epochs[0].approximateKl).toBeLessThan(1e-8);
  expect(epochs[0].clipFraction).toBe(0);
  expect(epochs[3].approximateKl).toBeGreaterThan(1e-6);
  expect(epochs[3].policyLoss).toBeLessThan(epochs[0].policyLoss);
  expect(metrics.reward).toBeGreaterThan(0);
  expect(metrics.frac_reward_zero_std).toBe(0);
});

test.each([
  ['internal', internal],
  ['raw', raw],
] as const)('%s: chunks change neither the loss nor the gradient of the full batch', async (_, make) => {
  const whole = await make({}, { epochs: 1, chunks: [64], lengthStep: 12 }).update();
  const parts = await make({}, { epochs: 1, chunks: [8, 24, 40], lengthStep: 1 }).update();
  expect(parts.metrics.reward).toBe(whole.metrics.reward);
  expect(parts.epochs[0].policyLoss).toBeCloseTo(whole.epochs[0].policyLoss, 5);
  expect(Math.abs(parts.epochs[0].gradientNorm / whole.epochs[0].gradientNorm - 1)).toBeLessThan(1e-4);
});

test.each([
  ['internal', internal],
  ['raw', raw],
] as const)('%s: stopped, saved and gone on with, it is what it would have been, bit by bit', async (_, make) => {
  const size = { episodes: 24, horizon: 8 };
  const through = make(size);
  for (let i = 0; i < 3; i++) await through.update();
  const first = make(size);
  await first.update();
  const bytes = writeSafetensors(await first.save());
  const second = make(size);
  await second.update();
  second.load(readSafetensors(bytes).tensors);
  expect(second.updates).toBe(1);
  await second.update();
  await second.update();
  expect(writeSafetensors(await second.save())).toEqual(writeSafetensors(await through.save()));
});

test('a batch without signal changes nothing, moments included, and is counted', async () => {
  const run = raw({ task: '0123', horizon: 4 });
  const before = await run.save();
  const { metrics, epochs } = await run.update();
  const after = await run.save();
  expect(metrics.frac_reward_zero_std).toBe(1);
  expect(epochs).toEqual([]);
  expect(run.updatesWithoutSignal).toBe(1);
  before.delete('updates');
  after.delete('updates');
  expect(after).toEqual(before);
});

test('raw-action RL moves the copy it was given, not the base model; a frozen one is refused', async () => {
  const { model } = trained(device);
  const before = await model.store.flat.read();
  const copy = trainableCopy(model);
  expect(await copy.store.flat.read()).toEqual(before);
  const run = rawRl({ model: copy, environment: gridMini('0', 32, 6), settings: RAW_SETTINGS, seed: 1 });
  await run.update();
  expect(await model.store.flat.read()).toEqual(before);
  expect(await run.store.flat.read()).not.toEqual(before);
  expect(() => rawRl({ model, environment: gridMini('0', 32, 6), settings: RAW_SETTINGS, seed: 1 })).toThrow('frozen');
});

test('β ≡ 1: a decision at every step', async () => {
  const { metrics } = await internal({}, {}, 'open').update();
  expect(metrics['switch/density']).toBe(1);
  expect(metrics['switch/segment_length']).toBe(1);
});

test('one submit per epoch, and one readback for all', async () => {
  const run = internal({ episodes: 32 });
  await run.update();
  const before = { ...device.counters };
  const { metrics } = await run.update();
  // As many steps as the batch took, the clearing before them, four epochs and the readback of their statistics.
  const steps = device.counters.readbacks - before.readbacks - 1;
  expect(steps).toBeGreaterThan(0);
  expect(device.counters.submits - before.submits).toBeLessThanOrEqual(steps + 1 + 4 + 1);
  expect(metrics.frac_reward_zero_std).toBe(0);
});

test('a world on the device: the same updates, and one readback each', async () => {
  const size = { episodes: 64, horizon: 12 };
  const parts = trained(device);
  const world = new DevicePinpad(device, { world: GRID_MINI.world, tasks: ['0'], horizon: size.horizon, environments: size.episodes });
  const [onHost, onDevice] = [gridMini('0', size.episodes, size.horizon), world].map((environment) =>
    internalRl({ ...parts, gate: parts.hard, policy: startingPolicy(device), environment, seed: 1, settings: INTERNAL_SETTINGS }),
  );
  const pending: Pending[] = [];
  for (let i = 0; i < 4; i++) {
    const before = device.counters.readbacks;
    pending.push(await onDevice.step());
    expect(device.counters.readbacks - before).toBe(1);
  }
  for (const { finish } of pending) {
    const [wanted, got] = [await onHost.update(), await finish()];
    expect(got.metrics).toEqual(wanted.metrics);
    expect(got.epochs).toEqual(wanted.epochs);
    expect(got.epochs).toHaveLength(4);
  }
  expect(await onDevice.store.flat.read()).toEqual(await onHost.store.flat.read());
});

describe('a batch shared by devices', () => {
  let second: Device;
  beforeAll(async () => {
    second = await requestDevice();
  });
  afterAll(() => second.close());

  test.each(['host', 'device'] as const)(
    'that is played on the %s: the same episodes, the same step but for the order of sums',
    async (where) => {
      const make = (on: Device, episodes: number) => {
        const parts = trained(on);
        const world = { world: GRID_MINI.world, tasks: ['0'], horizon: 12, environments: episodes };
        const environment = where === 'host' ? gridMini('0', episodes, 12) : new DevicePinpad(on, world);
        return { ...parts, gate: parts.hard, policy: startingPolicy(on), environment };
      };
      const how = { settings: INTERNAL_SETTINGS, seed: 1 };
      const alone = internalRl({ ...make(device, 64), ...how });
      const [first, other] = [make(device, 40), make(second, 24)];
      const shared = internalRl({ ...first, ...how, others: [other] });
      const [wanted, got] = [await alone.update(), await shared.update()];
      for (const name of ['reward', 'charts/episodic_length', 'switch/density'] as const)
        expect(got.metrics[name], name).toBe(wanted.metrics[name]);
      expect(got.steps).toBe(wanted.steps);
      got.epochs.forEach((epoch, i) => {
        expect(epoch.policyLoss).toBeCloseTo(wanted.epochs[i].policyLoss, 5);
        expect(Math.abs(epoch.gradientNorm / wanted.epochs[i].gradientNorm - 1)).toBeLessThan(1e-3);
      });
      await shared.update();
      const parameters = await first.policy.store.flat.read();
      expect(await other.policy.store.flat.read()).toEqual(parameters);
      const [a, b] = [make(device, 40), make(second, 24)];
      const resumed = internalRl({ ...a, ...how, others: [b] });
      resumed.load(await shared.save());
      await Promise.all([resumed.update(), shared.update()]);
      expect(await resumed.save()).toEqual(await shared.save());
      expect(await b.policy.store.flat.read()).toEqual(await first.policy.store.flat.read());
      for (const run of [alone, shared, resumed]) run.dispose();
    },
  );

  test('whose parts are of different length is refused', () => {
    const make = (on: Device, horizon: number) => {
      const parts = trained(on);
      return { ...parts, gate: parts.hard, policy: startingPolicy(on), environment: gridMini('0', 8, horizon) };
    };
    expect(() => internalRl({ ...make(device, 12), settings: INTERNAL_SETTINGS, seed: 1, others: [make(second, 10)] })).toThrow('12,10');
  });
});

test('a policy over codes learns to go where it is rewarded', async () => {
  const run = internal({ episodes: 128 });
  const rewards: number[] = [];
  for (let i = 0; i < 8; i++) rewards.push((await run.update()).metrics.reward);
  expect((rewards[6] + rewards[7]) / 2).toBeGreaterThan((rewards[0] + rewards[1]) / 2 + 0.15);
});

test('nothing is left of a run', async () => {
  const parts = trained(device);
  const policy = startingPolicy(device);
  const { live } = device;
  const run = internalRl({ ...parts, gate: parts.hard, policy, environment: gridMini('0', 16, 4), seed: 1, settings: INTERNAL_SETTINGS });
  await run.update();
  run.dispose();
  expect(device.live).toBe(live);
  const model = trainableCopy(parts.model);
  const other = rawRl({ model, environment: gridMini('0', 16, 4), seed: 1, settings: RAW_SETTINGS });
  await other.update();
  other.dispose();
  model.dispose();
  model.store.dispose();
  expect(device.live).toBe(live);
});
