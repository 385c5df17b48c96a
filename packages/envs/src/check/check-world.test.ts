import { describe, expect, test } from 'vitest';
import { checkWorld, gridworldPinpad, pointPads, type Trajectories, type World, type WorldDefinition, type WorldSpaces } from '../index.js';
import { decodeState, encodeState } from '../state-bytes.js';
import { lampCorridor } from '../testing/lamp-corridor.js';

test.each([
  ['grid-mini', gridworldPinpad, gridworldPinpad.presets!['grid-mini']],
  ['grid-paper', gridworldPinpad, gridworldPinpad.presets!['grid-paper']],
  ['point-pads', pointPads, {}],
  ['rules of one episode', lampCorridor, { cells: 5 }],
])('%s keeps all rules', (_, definition, settings) => {
  const findings = checkWorld(definition, settings);
  expect(findings.filter(({ ok }) => !ok)).toEqual([]);
  expect(findings.length).toBeGreaterThan(15);
});

const corridor = { cells: 5, slips: 0.2 };

/** A world whose every opening is changed. */
const opening = (change: (world: World) => Partial<World>, base: WorldDefinition = lampCorridor): WorldDefinition => ({
  ...base,
  open: (settings, how) => {
    const world = base.open(settings, how);
    const own: World = {
      environments: world.environments,
      horizon: world.horizon,
      observationSpace: world.observationSpace,
      actionSpace: world.actionSpace,
      reset: (seed, options) => world.reset(seed, options),
      step: (actions) => world.step(actions),
      snapshot: (i) => world.snapshot!(i),
      restore: (state, places) => world.restore!(state, places),
    };
    return { ...own, ...change(world) };
  },
});

const declaring = (change: (spaces: WorldSpaces) => Partial<WorldSpaces>): WorldDefinition => ({
  ...lampCorridor,
  spaces: (settings) => ({ ...lampCorridor.spaces(settings), ...change(lampCorridor.spaces(settings)) }),
});

/** A world whose every demonstration is changed. */
const demonstrating = (change: (data: Trajectories, count: number) => Partial<Trajectories>, base = lampCorridor): WorldDefinition => ({
  ...base,
  *demonstrations(settings, how) {
    const data = yield* base.demonstrations!(settings, how);
    const { observationSpace, actionSpace, count, horizon, length, event, goal } = data;
    return {
      ...{ observationSpace, actionSpace, count, horizon, length, event, goal },
      observe: (...given) => data.observe(...given),
      actions: (...given) => data.actions(...given),
      predicted: data.predicted && ((...given) => data.predicted!(...given)),
      ...change(data, how.count),
    };
  },
});

/** Steps that are changed after they were taken. */
const stepping = (change: (step: ReturnType<World['step']>, world: World, count: number) => object): WorldDefinition =>
  opening((world) => {
    let count = 0;
    return {
      reset: (seed, options) => {
        count = 0;
        return world.reset(seed, options);
      },
      step: (actions) => {
        const step = world.step(actions);
        return { ...step, ...change(step, world, ++count) };
      },
    };
  });

const broken: [rule: string, detail: string, definition: WorldDefinition, settings?: object][] = [
  ['settings are accepted', 'cells', lampCorridor, { cells: 1 }],
  ['spaces can be', 'positive integer', declaring(() => ({ action: { kind: 'discrete', count: 0 } }))],
  ['every default task is one', 'event 7, expected 0 to 1', { ...lampCorridor, task: (_, text) => ({ text, events: [7] }) }],
  [
    'a text that is no task is refused with a typed error',
    'accepted',
    { ...lampCorridor, task: (_, text) => ({ text, events: [Number(text) || 0] }) },
  ],
  ['opens as asked', 'opened with horizon 3, expected 15', opening(() => ({ horizon: 3 }))],
  [
    'observations are of the declared space',
    'lamp-corridor, episode 2, step 4: observation is 99, expected integers from -1 to 6',
    stepping(({ observation }, _, t) => ({
      observation: t === 4 ? Int32Array.from(observation as never as Int32Array, (value, i) => (i === 4 ? 99 : value)) : observation,
    })),
  ],
  [
    'rewards, flags, events and progress are one for each environment, and such',
    'terminated is 2, expected 0 or 1',
    stepping(({ terminated }) => ({ terminated: Array.from(terminated, (flag) => 2 * flag) })),
  ],
  [
    'an episode is the same however many are played',
    'as among 8',
    opening((world) => ({ reset: (seed, { firstEpisode }) => world.reset(seed, { firstEpisode: firstEpisode + world.environments }) })),
  ],
  [
    'a reset forgets what was played',
    'lamp-corridor, episode',
    opening((world) => {
      let resets = 0;
      return { reset: (seed, { firstEpisode }) => world.reset(seed, { firstEpisode: firstEpisode + 50 * resets++ }) };
    }),
  ],
  [
    'nothing changes after the end of an episode',
    'reward is 1, expected 0',
    stepping(({ terminated }) => ({ reward: Array.from(terminated) })),
  ],
  [
    'the horizon cuts episodes',
    'step 15: truncated is 0, expected 1',
    stepping(({ truncated }) => ({ truncated: Array.from(truncated, () => 0) })),
  ],
  [
    'a free episode has neither reward nor end before the horizon',
    'reward is 0.5, expected 0',
    stepping(({ reward, terminated }) => ({ reward: Array.from(reward, (value, i) => (terminated[i] ? value : 0.5)) })),
  ],
  [
    'actions beyond bounds count as those at the bounds',
    'point-pads, episode 0',
    opening((world) => {
      let beyond = 0;
      return {
        step: (actions) => {
          const force = actions as never as Float32Array;
          if (force.some((value) => Math.abs(value) > 1)) beyond++;
          return world.step((beyond ? force.map((value) => value / 9) : force) as never);
        },
      };
    }, pointPads),
    {},
  ],
  ['snapshot and restore are exact', 'both or neither', opening(() => ({ restore: undefined }))],
  [
    'snapshot and restore are exact',
    'lamp-corridor, episode 1, step 0: byte',
    opening((world) => ({ restore: (_, places) => world.restore!(world.snapshot!(places[0]), [places[0]]) })),
  ],
  [
    'snapshot and restore are exact',
    'going on from a snapshot of step 0',
    // The number of the episode decides where steps slip: without it another future comes.
    opening((world) => ({ snapshot: (i) => encodeState({ ...(decodeState(world.snapshot!(i)) as object), episode: 0 }) })),
  ],
  [
    'demonstrations are of the declared spaces',
    'length is 0, expected 1 to 15',
    demonstrating(({ length }) => ({ length: length.map((steps, i) => (i === 3 ? 0 : steps)) })),
  ],
  [
    'demonstrations are of the declared spaces',
    'event is 5, expected -1 to 1',
    demonstrating(({ event }) => ({ event: event!.map((label) => (label === 1 ? 5 : label)) })),
  ],
  [
    'fewer demonstrations are the beginning of more',
    'expected',
    demonstrating((data, count) => ({
      actions: (episodes, steps) =>
        (data.actions(episodes, steps) as never as Int32Array).map((move) => (count < 10 ? 1 - move : move)) as never,
    })),
  ],
  [
    'demonstrations rest after their end',
    'its last',
    demonstrating((data) => ({
      observe: (episodes, steps) => {
        const seen = Int32Array.from(data.observe(episodes, steps) as never as Int32Array);
        if (steps === data.horizon) seen[seen.length - 1] = 0;
        return seen as never;
      },
    })),
  ],
  ['what is predicted is of the declared space', 'without predicted', declaring(() => ({ predicted: { kind: 'discrete', count: 5 } }))],
  ['symmetries show every episode within its space, the identity as it was', 'rules', { ...lampCorridor, symmetries: 2 }],
];

describe('a world that breaks a rule is told so', () => {
  test.each(broken)('%s: %s', (rule, detail, definition, settings = corridor) => {
    const findings = checkWorld(definition, settings);
    const finding = findings.find((one) => one.rule === rule && !one.ok);
    expect(finding, JSON.stringify(findings.filter(({ ok }) => !ok))).toBeDefined();
    expect(finding!.detail).toContain(detail);
  });

  test('and every rule has a world that breaks it', () => {
    const rules = new Set(checkWorld(lampCorridor, corridor).map(({ rule }) => rule));
    expect(new Set(broken.map(([rule]) => rule))).toEqual(rules);
  });
});

test('what a world throws is a finding', () => {
  const throwing = opening(() => ({
    step: () => {
      throw new TypeError('no such thing');
    },
  }));
  const finding = checkWorld(throwing, corridor).find(({ rule }) => rule === 'observations are of the declared space');
  expect(finding).toMatchObject({ ok: false, detail: expect.stringContaining('no such thing') });
});
