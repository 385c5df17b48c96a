/** NaN and infinity in rewards, observations and weights: learning stops, and says where they came from. */
import { createHash } from 'node:crypto';
import type { DiscreteSpace } from '@coxswain/base';
import { GRID_MINI, type GridObservation, type World, type Reset as WorldReset, type Step as WorldStep } from '@coxswain/envs';
import { DevicePinpad } from '@coxswain/envs/device';
import { type Device, NotFiniteError, type Scope, type Tensor, writeSafetensors } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WorldError } from './checked-world.js';
import { InternalEnvironment } from './internal-environment.js';
import { INTERNAL_SETTINGS, internalRl, RAW_SETTINGS, rawRl } from './methods.js';
import type { Reinforcer } from './reinforce.js';
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

type Step = WorldStep<GridObservation>;
type Reset = WorldReset<GridObservation>;

const N = 8;
const T = 4;

/** What is given in place of some of a result. @param at the first world whose episode runs. */
type Spoil = (result: Step, at: number) => Partial<Step>;

/**
 * `grid-mini` that gives something else once, where it is told to: in so many steps from the next `reset` on, which is
 * step 0.
 */
class Faulty implements World<GridObservation, DiscreteSpace> {
  readonly environments = N;
  readonly horizon = T;
  readonly inner = gridMini('0', N, T);
  readonly observationSpace = this.inner.observationSpace;
  readonly actionSpace = this.inner.actionSpace;
  fault: { readonly step: number; readonly how: Spoil } | undefined;
  /** The first world whose episode ran in the last fault. */
  at = 0;
  #running: boolean[] = [];
  #step = 0;

  reset(seed: number, options: { readonly firstEpisode: number }): Reset {
    this.#step = 0;
    this.#running = new Array<boolean>(N).fill(true);
    return this.#result(this.inner.reset(seed, options) as unknown as Step);
  }

  step(actions: Int32Array): Step {
    this.#step++;
    const result = this.#result(this.inner.step(actions));
    this.#running = this.#running.map((was, i) => was && !result.terminated[i] && !result.truncated[i]);
    return result;
  }

  #result(result: Step): Step {
    const { fault } = this;
    if (fault?.step !== this.#step) return result;
    this.fault = undefined;
    this.at = this.#running.indexOf(true);
    return { ...result, ...fault.how(result, this.at) };
  }
}

const internal = (environment: World | DevicePinpad): Reinforcer => {
  const { hard: gate, ...parts } = trained(device);
  return internalRl({ ...parts, gate, policy: startingPolicy(device), environment, seed: 1, settings: INTERNAL_SETTINGS });
};
const raw = (environment: World): Reinforcer =>
  rawRl({ model: trainableCopy(trained(device).model), environment, seed: 1, settings: RAW_SETTINGS });

/** All that the next update depends on, short enough to compare. */
const bytesOf = async (run: Reinforcer): Promise<string> =>
  createHash('sha256')
    .update(writeSafetensors(await run.save()))
    .digest('hex');

/** An array with one value in place of another. */
const having = (array: ArrayLike<number>, at: number, value: number): number[] => Array.from(array, (old, i) => (i === at ? value : old));

const thrown = async (work: () => Promise<unknown>): Promise<Error> => {
  const error = await work().then(
    () => undefined,
    (found: unknown) => found,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
};

/** @param ofAll whether the fault is that of all episodes. */
type Fault = readonly [step: number, how: Spoil, says: RegExp, ofAll?: boolean];

const FAULTS: readonly Fault[] = [
  [2, ({ reward }, at) => ({ reward: having(reward, at, Number.NaN) }), /reward NaN, expected a finite number/],
  [1, ({ reward }, at) => ({ reward: having(reward, at, Number.NEGATIVE_INFINITY) }), /reward -Infinity/],
  [1, ({ reward }, at) => ({ reward: having(reward, at, 1e39) }), /add up to Infinity/],
  [1, ({ reward }) => ({ reward: Array.from(reward).slice(1) }), /7 numbers of reward, expected 8 for \[8\]/, true],
  [
    0,
    ({ observation }, at) => ({ observation: having(observation, at + 3, Number.NaN) as unknown as Int32Array }),
    /observation NaN in slot 3, expected a row of the embedding from 0 to \d+/,
  ],
  [0, ({ observation }) => ({ observation: observation.map(() => 9999) }), /observation 9999 in slot 0/],
  [1, () => ({ observation: new Int32Array(5) }), /5 numbers of observation/, true],
  [1, ({ terminated }, at) => ({ terminated: having(terminated, at, Number.NaN) }), /terminated NaN, expected 0 or 1/],
  [0, () => ({ info: { progress: new Float32Array(N).fill(Number.NaN) } }), /progress NaN/],
];

test.each([
  ['internal', internal],
  ['raw', raw],
] as const)(
  '%s RL in a world that errs: it stops, says where, and goes on in a world that is right as if nothing had been',
  async (_, make) => {
    const world = new Faulty();
    const run = make(world);
    await run.update();
    const before = await bytesOf(run);
    for (const [step, how, says, ofAll] of FAULTS) {
      world.fault = { step, how };
      const error = (await thrown(() => run.update())) as WorldError;
      expect(error).toBeInstanceOf(WorldError);
      const episode = ofAll ? undefined : N + world.at;
      expect(error).toMatchObject({ code: 'bad-world', world: 'Faulty', episode, step });
      expect(error.message).toMatch(says);
      expect(error.message).toContain(`World Faulty, ${episode === undefined ? '' : `episode ${episode}, `}step ${step}: `);
      expect(error.remedy).toContain(step === 0 ? 'reset()' : 'step()');
    }
    expect(await bytesOf(run)).toBe(before);
    await run.update();
    const undisturbed = make(new Faulty());
    for (let i = 0; i < 2; i++) await undisturbed.update();
    expect(await bytesOf(run)).toBe(await bytesOf(undisturbed));
  },
);

test('what episodes that are over give does not count', async () => {
  const world = new Faulty();
  const step = world.step.bind(world);
  let running = new Array<boolean>(N).fill(true);
  world.step = (actions) => {
    const result = step(actions);
    const reward = Array.from(result.reward, (value, i) => (running[i] ? value : Number.NaN));
    running = running.map((was, i) => was && !result.terminated[i] && !result.truncated[i]);
    return { ...result, reward };
  };
  const { metrics } = await raw(world).update();
  expect(metrics.reward).toBeGreaterThan(0);
});

test('an environment of codes refuses what its world may not give, and codes that are none', async () => {
  const parts = trained(device);
  const codes = new Float32Array(N * 8);
  const how: Spoil = ({ reward }, at) => ({ reward: having(reward, at, Number.NaN) });
  const environment = new Faulty();
  environment.fault = { step: 2, how };
  const faulty = new InternalEnvironment({ ...parts, gate: parts.open, environment, seed: 3 });
  await faulty.reset();
  await faulty.step(codes);
  expect(await thrown(() => faulty.step(codes))).toMatchObject({ code: 'bad-world', episode: environment.at, step: 2 });
  await faulty.reset(1);
  expect((await thrown(() => faulty.step(codes.fill(Number.NaN, 9, 10)))).message).toContain('codes[9] is NaN');
});

async function spoil(tensor: Tensor, at: number, value: number): Promise<void> {
  const data = await tensor.read();
  data[at] = value;
  tensor.write(data);
}

describe('a weight', () => {
  const deviceWorld = (): DevicePinpad => new DevicePinpad(device, { world: GRID_MINI.world, tasks: ['0'], horizon: T, environments: 24 });
  test.each<[string, () => Reinforcer, number]>([
    ['raw', () => raw(gridMini('0', 24, T)), Number.NaN],
    ['internal', () => internal(gridMini('0', 24, T)), Number.NaN],
    ['internal', () => internal(gridMini('0', 24, T)), Number.POSITIVE_INFINITY],
    ['internal on the device', () => internal(deviceWorld()), Number.NaN],
  ])('of the learner, %s, is named; the update changed nothing', async (_, make, value) => {
    const run = make();
    await run.update();
    const { store } = run;
    // The raw method's model has an observation head behind that of the actions, which nothing here reads.
    const name = store.names.find((key) => key.startsWith('act.')) ?? (store.names.at(-1) as string);
    await spoil(store.get(name), 1, value);
    const before = await run.save();
    const error = await thrown(async () => (await run.step()).finish());
    expect(error).toBeInstanceOf(NotFiniteError);
    expect(error.message).toContain(`policy parameter ${name}[1] is ${value}`);
    const after = await run.save();
    for (const key of before.keys())
      if (key !== 'updates' && !key.endsWith('skipped') && !key.endsWith('step'))
        expect(after.get(key)?.data).toEqual(before.get(key)?.data);
  });

  test('is named by the next step, where the losses came with its episodes', async () => {
    const run = internal(deviceWorld());
    await run.update();
    await spoil(run.store.get(run.store.names[0]), 0, Number.NaN);
    await run.step();
    expect((await thrown(() => run.step())).message).toContain(`policy parameter ${run.store.names[0]}[0] is NaN`);
  });

  test('of the frozen base is named', async () => {
    const { hard: gate, ...parts } = trained(device);
    const environment = gridMini('0', 24, T);
    const run = internalRl({ ...parts, gate, policy: startingPolicy(device), environment, seed: 1, settings: INTERNAL_SETTINGS });
    await run.update();
    const { store } = parts.model;
    const name = 'embedding.weight';
    const tensor = store.get(name);
    const good = await tensor.read();
    tensor.write(good.map(() => Number.NaN));
    const error = await thrown(async () => {
      for (let i = 0; i < 3; i++) await run.update();
    });
    expect(error.message).toContain(`base parameter ${name}[0] is NaN`);
  });
});
