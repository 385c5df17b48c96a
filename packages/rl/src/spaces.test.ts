/** A world of boxes, played and learned: what is seen and done need not be classes. */
import { boxSpace, discreteSpace, HostRandom, leafArray, leafSize, type Space } from '@coxswain/base';
import { CounterRandom, type Reset, type Step, type World } from '@coxswain/envs';
import { Metacontroller } from '@coxswain/metacontroller';
import { type Device, GATE_MODE, noGrad, ParameterStore, type Scope } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { Hawk, type SequenceModel, Transformer } from '@coxswain/transformer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WorldError } from './checked-world.js';
import { CodeController } from './code-controller.js';
import { FixedCodes } from './codes.js';
import { InternalEnvironment } from './internal-environment.js';
import { actionLearner } from './learners.js';
import { RAW_SETTINGS, rawRl } from './methods.js';
import { Rollout } from './rollout.js';

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

const N = 12;
const T = 8;
type Numbers = ReturnType<typeof boxSpace>;
const [OBSERVATION, ACTION] = [boxSpace([2], { low: -4, high: 4 }), boxSpace([1])];

/**
 * A point on a line that has to come to +1 or beyond; it moves by a third of what is done, at most. It sees its place
 * and its last move.
 */
class Line implements World<Numbers, Numbers> {
  readonly observationSpace: Numbers = OBSERVATION;
  readonly actionSpace: Numbers = ACTION;
  readonly #place: Float32Array;
  readonly #moved: Float32Array;
  readonly #over: Uint8Array;
  #steps = 0;
  /** A number in place of one of an observation, at this step, of the first episode that still runs. */
  spoilt: { readonly step: number; readonly value: number } | undefined;
  /** Whose observation that was. */
  spoiltAt = -1;

  constructor(
    readonly environments: number,
    readonly horizon = T,
  ) {
    this.#place = new Float32Array(environments);
    this.#moved = new Float32Array(environments);
    this.#over = new Uint8Array(environments);
  }

  reset(seed: number, { firstEpisode }: { readonly firstEpisode: number }): Reset<Numbers> {
    const random = new CounterRandom(seed);
    this.#steps = 0;
    for (const array of [this.#moved, this.#over]) array.fill(0);
    for (let i = 0; i < this.environments; i++) {
      random.seek(0, firstEpisode + i);
      this.#place[i] = random.below(1000) / 1000 - 0.5;
    }
    return { observation: this.#observe(), info: {} };
  }

  step(actions: Float32Array): Step<Numbers> {
    this.#steps++;
    const [reward, terminated, truncated] = [new Float32Array(this.environments), this.#over, new Uint8Array(this.environments)];
    for (let i = 0; i < this.environments; i++) {
      if (this.#over[i]) continue;
      this.#moved[i] = Math.max(-1, Math.min(1, actions[i])) / 3;
      this.#place[i] = Math.max(OBSERVATION.low ?? 0, this.#place[i] + this.#moved[i]);
      if (this.#place[i] >= 1) [reward[i], terminated[i]] = [1, 1];
      else if (this.#steps >= this.horizon) truncated[i] = 1;
    }
    return { observation: this.#observe(), reward, terminated, truncated, info: { progress: this.#place } };
  }

  #observe(): Float32Array {
    const observation = Float32Array.from({ length: 2 * this.environments }, (_, i) => (i % 2 ? this.#moved : this.#place)[i >> 1]);
    if (this.spoilt?.step !== this.#steps) return observation;
    this.spoiltAt = this.#over.indexOf(0);
    observation[2 * this.spoiltAt] = this.spoilt.value;
    return observation;
  }
}

const spaces = { observation: OBSERVATION, action: ACTION };
const sizes = { width: 16, depth: 2, heads: 2, mlp: 32, initialisation: 'small-output' } as const;
const models: readonly [string, (store: ParameterStore) => SequenceModel][] = [
  ['Transformer', (store) => new Transformer(store, { ...spaces, ...sizes, buckets: 8, maxDistance: 16 })],
  ['Hawk', (store) => new Hawk(store, { ...spaces, ...sizes, taps: 2 })],
];

function open(modelOf: (store: ParameterStore) => SequenceModel, trainable = false): SequenceModel {
  const store = new ParameterStore(device, trainable);
  const model = modelOf(store);
  store.finish(new HostRandom(1));
  return model;
}
const transformer = (trainable = false): SequenceModel => open(models[0][1], trainable);

test.each(models)('%s: log-probabilities of boxes, recorded step by step as computed over whole episodes', async (_, modelOf) => {
  const model = open(modelOf);
  for (const temperature of [1, 0.5]) {
    const rollout = new Rollout({ model, environment: new Line(N), seed: 5, recordActions: true, temperature });
    const episodes = await rollout.run(0);
    if (!rollout.logProb) throw new Error('no records');
    const places = Uint32Array.from({ length: N * T }, (_, i) => i);
    const size = { batch: N, time: T, steps: N * T, decisions: N * T };
    const learner = actionLearner(model, rollout.logProb, temperature);
    const inputs = learner.prepare(size);
    inputs.write(episodes, places.subarray(0, N), Uint32Array.from(episodes.length), places);
    const every = device.tensor(places);
    const lengths = device.tensor(Uint32Array.from(episodes.length));
    const chunk = { ...size, step: every, decision: every, at: every, back: every, lengths };
    const computed = await noGrad(() => inputs.logProb(chunk, inputs.collect(chunk))).read();
    const recorded = await rollout.logProb.read();
    for (let i = 0; i < N; i++)
      for (let t = 0; t < episodes.length[i]; t++) expect(Math.abs(computed[i * T + t] - recorded[i * T + t])).toBeLessThan(1e-4);
    expect(new Set(recorded).size).toBeGreaterThan(N);
  }
});

test('what a rollout keeps of boxes is what the world showed and was given', async () => {
  const world = new Line(N);
  const given: number[][] = [];
  const step = world.step.bind(world);
  world.step = (actions) => {
    given.push([...actions]);
    return step(actions);
  };
  const rollout = new Rollout({ model: transformer(), environment: world, seed: 5, recordActions: true, rowCounts: [1, 3, 6, N] });
  const { action, observation, length } = await rollout.run(0);
  expect([action.length, observation.length]).toEqual([1, 1]);
  expect(action[0]).toHaveLength(N * T);
  expect(observation[0]).toHaveLength(N * T * 2);
  const again = new Line(N);
  let seen = again.reset(5, { firstEpisode: 0 }).observation;
  for (let t = 0; t < given.length; t++) {
    for (let i = 0; i < N; i++) {
      if (t >= length[i]) {
        expect(action[0][i * T + t]).toBe(0);
        continue;
      }
      expect(action[0][i * T + t]).toBe(given[t][i]);
      expect([...observation[0].subarray((i * T + t) * 2, (i * T + t) * 2 + 2)]).toEqual([...seen.subarray(2 * i, 2 * i + 2)]);
    }
    seen = again.step(Float32Array.from(given[t])).observation;
  }
});

test('episodes of boxes that leave early change nothing for the others', async () => {
  const run = async (rowCounts: readonly number[]) =>
    structuredClone(await new Rollout({ model: transformer(), environment: new Line(64), seed: 2, rowCounts }).run(1));
  const [whole, shrinking] = [await run([64]), await run([1, 3, 8, 16, 32, 48, 64])];
  expect(new Set(whole.length).size).toBeGreaterThan(2);
  expect(shrinking.length).toEqual(whole.length);
  expect(shrinking.reward).toEqual(whole.reward);
  shrinking.action[0].forEach((value, i) => {
    expect(Math.abs(value - whole.action[0][i])).toBeLessThan(1e-4);
  });
});

function steered(model: SequenceModel) {
  const store = new ParameterStore(device, false);
  const metacontroller = new Metacontroller(store, {
    ...{ width: sizes.width, latent: 4, history: 8, embedding: 8, encoder: 8, switch: 8, decoder: 8, rank: 4 },
    ...{ pooled: false, switchBias: 0 },
  });
  store.finish(new HostRandom(2));
  return { model, metacontroller, layer: 1, gate: { mode: GATE_MODE.hard } };
}

test('an environment of codes over boxes does what a rollout with those codes does', async () => {
  const parts = steered(transformer());
  const codes = Float32Array.from({ length: N * 4 }, (_, i) => Math.sin(i));
  const source = new FixedCodes(device.tensor(codes, [N, 4]));
  const controller = new CodeController({ ...parts, source, episodes: N });
  const expected = await new Rollout({ model: parts.model, environment: new Line(N), controller, seed: 9, rowCounts: [N] }).run(2);
  const internal = new InternalEnvironment({ ...parts, environment: new Line(N), seed: 9 });
  let step = await internal.reset(2);
  const [reward, length] = [new Float32Array(N), new Uint16Array(N)];
  while (step.terminated.some((over, i) => !over && !step.truncated[i])) {
    step = await internal.step(codes);
    for (let i = 0; i < N; i++) {
      reward[i] += step.reward[i];
      length[i] += step.info.held[i];
    }
  }
  expect(length).toEqual(expected.length);
  expect(reward).toEqual(expected.reward);
});

test('raw-action RL of boxes improves its reward', async () => {
  const learner = rawRl({
    model: transformer(true),
    environment: new Line(64),
    settings: { ...RAW_SETTINGS, learningRate: 3e-3 },
    seed: 1,
  });
  const reward: number[] = [];
  for (let i = 0; i < 12; i++) reward.push((await learner.update()).metrics.reward);
  expect(reward[0]).toBeLessThan(0.5);
  expect(reward.at(-1)).toBeGreaterThan(0.9);
  learner.dispose();
});

const thrown = async (work: () => unknown): Promise<Error> => {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => undefined,
      (found: unknown) => found,
    );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
};

describe('a world that leaves its box', () => {
  test.each([
    [Number.NaN, 0],
    [4.5, 0],
    [-4.5, 2],
    [Number.NaN, 3],
    [Number.POSITIVE_INFINITY, 1],
  ])('with %f at step %i is refused by world, episode and step', async (value, step) => {
    const environment = new Line(N);
    environment.spoilt = { step, value };
    const words = () =>
      `World Line, episode ${2 * N + environment.spoiltAt}, step ${step}: observation ${value} at 0, expected a number from -4 to 4`;
    const rollout = new Rollout({ model: transformer(), environment, seed: 5 });
    const error = await thrown(() => rollout.run(2));
    expect(error).toBeInstanceOf(WorldError);
    expect(error).toMatchObject({ code: 'bad-world', world: 'Line', episode: 2 * N + environment.spoiltAt, step });
    expect(error.message).toBe(words());
    const internal = new InternalEnvironment({ ...steered(transformer()), environment, seed: 5 });
    const again = await thrown(async () => {
      let { terminated, truncated } = await internal.reset(2);
      while (terminated.some((over, i) => !over && !truncated[i]))
        ({ terminated, truncated } = await internal.step(new Float32Array(4 * N)));
    });
    expect(again.message).toBe(words());
  });

  test('the bounds are those that the world declares, whatever the model was made for', async () => {
    const wide = { ...spaces, observation: boxSpace([2]) };
    const model = open((store) => new Transformer(store, { ...wide, ...sizes, buckets: 8, maxDistance: 16 }));
    const environment = new Line(N);
    environment.spoilt = { step: 0, value: 5 };
    expect((await thrown(() => new Rollout({ model, environment, seed: 5 }).run(0))).message).toContain(
      'World Line, episode 0, step 0: observation 5 at 0, expected a number from -4 to 4',
    );
  });

  test('an array of another length is refused', async () => {
    const environment = new Line(N);
    environment.reset = () => ({ observation: new Float32Array(5), info: {} });
    expect((await thrown(() => new Rollout({ model: transformer(), environment, seed: 5 }).run(0))).message).toContain(
      '5 numbers of observation, expected 24 for [12, 2]',
    );
  });
});

describe('a world of another space than the model’s', () => {
  const other = (observationSpace: Space, actionSpace: Space): World => ({
    environments: N,
    horizon: T,
    observationSpace,
    actionSpace,
    reset: () => expect.fail('played'),
    step: () => expect.fail('played'),
  });

  test.each<[Space, Space, string]>([
    [boxSpace([3]), ACTION, 'observations of f32 [3], expected f32 [2], as the model reads'],
    [{ ...OBSERVATION, type: 'u8' }, ACTION, 'observations of u8 [2], expected f32 [2], as the model reads'],
    [discreteSpace(2), ACTION, 'observations of one of 2, expected f32 [2], as the model reads'],
    [OBSERVATION, boxSpace([2]), 'actions of f32 [2], expected f32 [1], as the model gives'],
    [OBSERVATION, discreteSpace(1), 'actions of one of 1, expected f32 [1], as the model gives'],
    [{ kind: 'record', parts: { place: OBSERVATION } }, ACTION, 'observations of { place: f32 [2] }, expected f32 [2]'],
  ])('is refused: %o, %o', (observation, action, words) => {
    const environment = other(observation, action);
    expect(() => new Rollout({ model: transformer(), environment, seed: 1 })).toThrow(words);
    expect(() => new InternalEnvironment({ ...steered(transformer()), environment, seed: 1 })).toThrow(words);
  });
});

test('a world of records: parts are seen, done, kept and given back by name', async () => {
  const observationSpace = { kind: 'record', parts: { place: boxSpace([1]), lamp: discreteSpace(3) } } as const;
  const actionSpace = { kind: 'record', parts: { push: boxSpace([2]), call: discreteSpace(4) } } as const;
  const given: { readonly push: Float32Array; readonly call: Int32Array }[] = [];
  const observe = (t: number) => ({
    place: Float32Array.from({ length: N }, (_, i) => i / N + t),
    lamp: Int32Array.from({ length: N }, (_, i) => (i + t) % 3),
  });
  const none = new Uint8Array(N);
  const world: World<typeof observationSpace, typeof actionSpace> = {
    environments: N,
    horizon: 3,
    observationSpace,
    actionSpace,
    reset: () => ({ observation: observe(0), info: {} }),
    step(actions) {
      given.push(structuredClone(actions));
      const truncated = new Uint8Array(N).fill(given.length === 3 ? 1 : 0);
      return { observation: observe(given.length), reward: new Float32Array(N), terminated: none, truncated, info: {} };
    },
  };
  const store = new ParameterStore(device, false);
  const both = { observation: observationSpace, action: actionSpace };
  const model = new Transformer(store, { ...both, ...sizes, buckets: 8, maxDistance: 16 });
  store.finish(new HostRandom(1));
  const { action, observation } = await new Rollout({ model, environment: world as unknown as World, seed: 1, recordActions: true }).run(0);
  expect(action.map(({ length }) => length)).toEqual([N * 3 * 2, N * 3]);
  const parts = Object.values(observationSpace.parts);
  expect(observation.map(({ length }) => length)).toEqual(parts.map((space) => leafArray(space, N * 3).length));
  for (let i = 0; i < N; i++)
    for (let t = 0; t < 3; t++) {
      const at = i * 3 + t;
      expect([...action[0].subarray(2 * at, 2 * at + 2)]).toEqual([...given[t].push.subarray(2 * i, 2 * i + 2)]);
      expect(action[1][at]).toBe(given[t].call[i]);
      expect(given[t].call[i]).toBeGreaterThanOrEqual(0);
      expect(observation[0][at * leafSize(parts[0])]).toBe(observe(t).place[i]);
      expect(observation[1][at]).toBe(observe(t).lamp[i]);
    }
});
