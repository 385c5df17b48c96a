import { CounterRandom } from '@coxswain/base';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  digitTask,
  type EpisodeRules,
  type ExpertView,
  RecordedTrajectories,
  type SingleDefinition,
  singleWorld,
  type WorldFile,
  worldKit,
} from './index.js';
import { demonstrationsOf } from './testing/demonstrations.js';
import { lampCorridor } from './testing/lamp-corridor.js';

type Count = { steps: number };
const spaces = {
  observation: { kind: 'record', parts: { steps: { kind: 'box', shape: [2], type: 'f32' } } },
  action: { kind: 'discrete', count: 3 },
  events: ['a', 'b', 'c'],
} as const;

/** Each action is the event it reaches, but for what a test says otherwise. */
const counting = (rules: Partial<EpisodeRules<Count, typeof spaces.observation, typeof spaces.action>> = {}, more: object = {}) =>
  singleWorld({
    name: 'counting',
    about: 'Actions are events.',
    settings: z.object({}),
    defaults: () => ({ tasks: ['012'], horizon: 6, reward: { task: '012', horizon: 6 } }),
    spaces: () => spaces,
    rules: () => ({
      begin: (): Count => ({ steps: 0 }),
      observe: ({ steps }) => ({ steps: [steps, -steps] }),
      step: (state, action) => {
        state.steps++;
        return { event: action };
      },
      ...rules,
    }),
    ...more,
  } as SingleDefinition<Count, z.ZodObject, typeof spaces.observation, typeof spaces.action>);

const none = {} as never;
const open = (world = counting(), task = '012', environments = 1, horizon = 6) =>
  world.open(none, { task: task === 'free' ? 'free' : digitTask(task, { count: 3, noun: 'event' }), environments, horizon });

/** Plays actions in a single episode. */
const played = (actions: readonly number[], task?: string, world = counting()) => {
  const one = open(world, task);
  one.reset(0, { firstEpisode: 0 });
  return actions.map((action) => {
    const { reward, terminated, truncated, info } = one.step(Int32Array.of(action) as never);
    return [reward[0], terminated[0], truncated[0], info.progress![0], info.event![0]];
  });
};

describe('the task decides where rules say nothing', () => {
  test('events in order are rewarded with the last', () =>
    expect(played([0, 1, 2, 0])).toEqual([
      [0, 0, 0, 1, 0],
      [0, 0, 0, 2, 1],
      [1, 1, 0, 3, 2],
      [0, 1, 0, 3, -1],
    ]));
  test('one out of order ends the episode', () =>
    expect(played([0, 2, 2])).toEqual([
      [0, 0, 0, 1, 0],
      [0, 1, 0, 1, 2],
      [0, 1, 0, 1, -1],
    ]));
  test('a free episode goes on to the horizon', () => {
    const last = played([2, 1, 0, 1, 2, 1, 0], 'free');
    expect(last.slice(4)).toEqual([
      [0, 0, 0, 0, 2],
      [0, 0, 1, 0, 1],
      [0, 0, 1, 0, -1],
    ]);
  });
  test('what rules say themselves counts', () => {
    const own = counting({
      step: (state, action) => ({ state: { steps: state.steps + 10 }, event: action, reward: 0.5, done: action === 2 }),
    });
    expect(played([1, 0, 2], '012', own).map((row) => row.slice(0, 2))).toEqual([
      [0.5, 0],
      [0.5, 0],
      [0.5, 1],
    ]);
    const one = open(own);
    one.reset(0, { firstEpisode: 0 });
    expect(one.step(Int32Array.of(0) as never).observation).toEqual({ steps: new Float32Array([10, -10]) });
  });
});

test('chance depends on seed, episode and step alone', () => {
  const drawing = counting({
    begin: (random) => ({ steps: random.word() % 1000 }),
    step: (state, _, random) => {
      state.steps = random.word() % 1000;
    },
  });
  const seen = (first: number, environments: number) => {
    const world = open(drawing, 'free', environments);
    const rows = [world.reset(5, { firstEpisode: first }), world.step(new Int32Array(environments) as never)];
    return rows.map(({ observation }) => Array.from((observation as unknown as { steps: Float32Array }).steps));
  };
  const [begun] = seen(0, 1);
  expect(begun[0]).not.toBe(seen(1, 1)[0][0]);
  expect(seen(2, 1)[1]).toEqual(seen(0, 4)[1].slice(4, 6));
});

describe('errors say where', () => {
  const at = (world: ReturnType<typeof counting>, action = 0) => {
    const one = open(world);
    one.reset(0, { firstEpisode: 7 });
    one.step(Int32Array.of(0) as never);
    one.step(Int32Array.of(action) as never);
  };
  test.each([
    ['bad-world', 'episode 7, step 0: observation.steps is 3 numbers; expected 2', counting({ observe: () => ({ steps: [1, 2, 3] }) })],
    [
      'bad-world',
      'episode 7, step 0: observation.steps is NaN; expected finite numbers',
      counting({ observe: () => ({ steps: [1, Number.NaN] }) }),
    ],
    ['bad-world', 'episode 7, step 0: observation.steps is undefined', counting({ observe: () => ({}) as never })],
    ['bad-world', 'episode 7, step 0: event is 3; expected −1 or an index', counting({ step: () => ({ event: 3 }) })],
    ['bad-world', 'episode 7, step 0: reward is NaN', counting({ step: () => ({ reward: Number.NaN }) })],
    [
      'bad-world',
      'episode 7, step 0: step threw Error: oh',
      counting({
        step: () => {
          throw new Error('oh');
        },
      }),
    ],
  ])('%s: %s', (code, message, world) =>
    expect(() => at(world)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(`counting, ${message}`) })),
  );
  test('actions', () => {
    const one = open();
    expect(() => one.step(Int32Array.of(0) as never)).toThrow(expect.objectContaining({ code: 'not-reset' }));
    one.reset(0, { firstEpisode: 0 });
    expect(() => one.step(Int32Array.of(3) as never)).toThrow(expect.objectContaining({ code: 'bad-action' }));
    expect(() => one.step(Int32Array.of(0, 0) as never)).toThrow(expect.objectContaining({ code: 'bad-shape' }));
  });
});

describe('recording', () => {
  const data = demonstrationsOf(lampCorridor, {}, { count: 200, seed: 3, noise: 0.2 }) as unknown as RecordedTrajectories;

  test('keeps episodes that succeeded, as the world plays them', () => {
    expect(data).toBeInstanceOf(RecordedTrajectories);
    const { episode, task } = data.recording;
    const settings = lampCorridor.settings.parse({}) as never;
    for (let e = 0; e < 20; e++) {
      const world = lampCorridor.open(settings, { task: lampCorridor.task(settings, String(task![e])), environments: 1, horizon: 21 });
      const seen = [...(world.reset(3, { firstEpisode: episode![e] }).observation as never as Int32Array)];
      const moves = data.actions([e], data.length[e]) as never as Int32Array;
      let reward = 0;
      moves.forEach((move, t) => {
        expect(reward).toBe(0);
        const step = world.step(Int32Array.of(move) as never);
        seen.push(...(step.observation as never as Int32Array));
        expect(data.event![e * 21 + t]).toBe(step.info.event![0]);
        expect(data.goal![e * 21 + t]).toBe(task![e]);
        reward = step.reward[0];
      });
      expect(reward).toBe(1);
      expect(Array.from(data.observe([e], data.length[e]) as never as Int32Array)).toEqual(seen);
    }
  });

  test('measures the expert by its own probabilities', () => {
    // Noise of 0.2 over two moves: 0.9 for the right one. Episodes that fail are missing, so it is a little less.
    const entropy = -(0.9 * Math.log(0.9) + 0.1 * Math.log(0.1));
    expect(data.expertNll).toBeGreaterThan(0.6 * entropy);
    expect(data.expertNll).toBeLessThan(entropy);
  });

  test('an expert that cannot is told so', () => {
    const expected = {
      code: 'impossible-episode',
      message: expect.stringContaining('lamp-corridor: 1000 episodes in a row did not succeed in 1 steps'),
    };
    const far = () => demonstrationsOf(lampCorridor, { cells: 9, slips: 1 }, { count: 1, seed: 0, noise: 0, horizon: 1 });
    expect(far).toThrow(expect.objectContaining(expected));
  });

  test('no expert, no demonstrations', () => expect(counting().demonstrations).toBeUndefined());
});

test('a file of types alone is a world', () => {
  const file = (({ z, singleWorld }) =>
    singleWorld({
      name: 'coin',
      about: 'Heads or tails.',
      settings: z.object({ sides: z.int().default(2).describe('Sides of the coin.') }),
      defaults: () => ({ tasks: ['0'], horizon: 1, reward: { task: '0', horizon: 1 } }),
      spaces: ({ sides }) => ({
        observation: { kind: 'discrete', count: 1 },
        action: { kind: 'discrete', count: sides },
        events: ['heads', 'tails'],
      }),
      rules: () => ({ begin: () => ({}), observe: () => 0, step: (_, action) => ({ event: action }) }),
    })) satisfies WorldFile;
  const coin = file(worldKit);
  const world = coin.open(coin.settings.parse({}) as never, { task: coin.task(none, '0'), environments: 2, horizon: 1 });
  world.reset(0, { firstEpisode: 0 });
  expect(world.step(Int32Array.of(0, 1) as never).reward).toEqual(new Float32Array([1, 0]));
  expect(worldKit.random(3).word()).toBe(new CounterRandom(3).word());
});

describe('steps taken together', () => {
  const taken: number[][][] = [];
  const together = (refuse: () => boolean) =>
    counting({
      advance: (states, actions, at) => {
        if (refuse()) throw new Error('not now');
        taken.push([states.map(({ steps }) => steps), [...actions], at.map(({ episode }) => episode), at.map(({ step }) => step)]);
      },
    });

  test('are asked of the episodes under way alone, before each of them', () => {
    taken.length = 0;
    const world = open(
      together(() => false),
      '012',
      3,
    );
    world.reset(0, { firstEpisode: 7 });
    world.step(Int32Array.of(0, 2, 0) as never);
    world.step(Int32Array.of(1, 1, 1) as never);
    expect(taken).toEqual([
      [
        [0, 0, 0],
        [0, 2, 0],
        [7, 8, 9],
        [0, 0, 0],
      ],
      [
        [1, 1],
        [1, 1],
        [7, 9],
        [1, 1],
      ],
    ]);
  });

  test('that cannot be taken leave all episodes where they are', () => {
    let refuses = false;
    const world = open(
      together(() => refuses),
      '012',
      2,
    );
    world.reset(0, { firstEpisode: 0 });
    world.step(Int32Array.of(0, 1) as never);
    const before = [world.snapshot!(0), world.snapshot!(1)];
    refuses = true;
    expect(() => world.step(Int32Array.of(1, 1) as never)).toThrow(expect.objectContaining({ code: 'bad-world' }));
    expect([world.snapshot!(0), world.snapshot!(1)]).toEqual(before);
  });
});

test('demonstrations played side by side are those played one after the other', () => {
  const clumsy = {
    begin: (random: CounterRandom): Count => ({ steps: random.below(5) }),
    step: (state: Count, action: number, random: CounterRandom) => {
      state.steps += random.below(3);
      return { event: action };
    },
  };
  const expert = () => ({
    // Now and then out of order: a few episodes fail, and others go on longer.
    act: (_: Count, { goal, random }: ExpertView) => (random.below(8) === 0 ? (goal + 1) % 3 : goal),
    nll: ({ steps }: Count) => steps / 100,
  });
  let most = 0;
  const advance = (states: readonly Count[]): void => {
    most = Math.max(most, states.length);
  };
  const record = (rules: object, count: number) => {
    const world = counting({ ...clumsy, ...rules } as never, { expert });
    const tasks = ['0120', '12'].map((text) => world.task(none, text));
    return demonstrationsOf(world, none, { tasks, horizon: 6, count, seed: 4, noise: 0 }) as RecordedTrajectories;
  };
  for (const count of [100, 70]) expect(record({ advance }, count).recording).toEqual(record({}, count).recording);
  expect(most).toBe(64);
  const { episode } = record({ advance }, 100).recording;
  expect(episode?.[99]).toBeGreaterThan(110);
});
