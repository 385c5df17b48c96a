import { CoxswainError } from '@coxswain/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocentric, GRID_MINI, GridworldPinpad, PAPER_PAIRS, parseTask } from '../index.js';

const MINI = { world: GRID_MINI.world, tasks: GRID_MINI.pretraining, horizon: 12, environments: 6 };

/** The rules once more, for one environment, over rows and columns and lists. */
class Reference {
  readonly visits: number[] = [];
  over: 'no' | 'success' | 'failure' | 'time' = 'no';
  steps = 0;
  constructor(
    readonly rows: number[][],
    readonly colours: number,
    readonly task: number[] | null,
    readonly horizon: number,
    public row: number,
    public column: number,
  ) {}

  step(action: number): void {
    if (this.over !== 'no') return;
    const row = this.row + (action === 0 ? -1 : action === 1 ? 1 : 0);
    const column = this.column + (action === 2 ? -1 : action === 3 ? 1 : 0);
    const content = this.rows[row]?.[column];
    this.steps++;
    if (content !== undefined && content !== this.colours + 1) {
      this.row = row;
      this.column = column;
      if (content > 0) this.visits.push(content - 1);
      if (content > 0 && this.task) {
        if (this.task[this.visits.length - 1] !== content - 1) this.over = 'failure';
        else if (this.visits.length === this.task.length) this.over = 'success';
      }
    }
    if (this.over === 'no' && this.steps === this.horizon) this.over = 'time';
  }
}

const references = (env: GridworldPinpad, position: ArrayLike<number>, taskOf: (i: number) => number[] | null) =>
  Array.from({ length: env.environments }, (_, i) => {
    const { size, colours } = env.world;
    const cells = Array.from(env.layout.subarray(i * size * size, (i + 1) * size * size));
    const rows = Array.from({ length: size }, (_, r) => cells.slice(r * size, (r + 1) * size));
    return new Reference(rows, colours, taskOf(i), env.horizon, Math.floor(position[i] / size), position[i] % size);
  });

test.each([
  ['tasks', GRID_MINI, GRID_MINI.pretraining],
  ['pairs', PAPER_PAIRS, PAPER_PAIRS.pretraining],
  ['short tasks', GRID_MINI, ['0', '10', '2']],
  ['free', GRID_MINI, 'free' as const],
])('agrees with a plain implementation of the rules: %s', (_, { world }, tasks) => {
  const env = new GridworldPinpad({ world, tasks, horizon: 30, environments: 5 });
  fc.assert(
    fc.property(
      fc.nat(),
      fc.array(fc.tuple(...Array.from({ length: 5 }, () => fc.nat(3))), { minLength: 35, maxLength: 35 }),
      (seed, moves) => {
        const { info } = env.reset(seed);
        const plain = references(env, info.position, (i) => (tasks === 'free' ? null : [...parseTask(tasks[info.task[i]], world.colours)]));
        for (const actions of moves) {
          const before = plain.map(({ over, visits }) => ({ over, seen: visits.length }));
          const step = env.step(actions);
          for (const [i, one] of plain.entries()) {
            one.step(actions[i]);
            expect(step.info.position[i]).toBe(one.row * world.size + one.column);
            expect(env.layout[i * world.size ** 2 + step.info.position[i]]).not.toBe(world.colours + 1);
            expect(step.info.mask[i]).toBe(before[i].over === 'no' ? 1 : 0);
            expect(step.info.visited[i]).toBe(one.visits.length > before[i].seen ? one.visits.at(-1) : -1);
            expect(step.info.length[i]).toBe(one.steps);
            expect(step.terminated[i]).toBe(one.over === 'success' || one.over === 'failure' ? 1 : 0);
            expect(step.truncated[i]).toBe(one.over === 'time' ? 1 : 0);
            expect(step.info.success[i]).toBe(one.over === 'success' ? 1 : 0);
            expect(step.reward[i]).toBe(one.over === 'success' && before[i].over === 'no' ? 1 : 0);
            if (tasks !== 'free') expect(step.info.progress[i]).toBe(one.visits.length - (one.over === 'failure' ? 1 : 0));
          }
          expect(env.live).toBe(plain.filter(({ over }) => over === 'no').length);
        }
      },
    ),
    { numRuns: 25 },
  );
});

test('episode i of a seed is the same however many are played together', () => {
  const together = new GridworldPinpad({ ...MINI, environments: 7 });
  const alone = new GridworldPinpad({ ...MINI, environments: 1 });
  const { info, observation } = together.reset(5);
  const K = together.observationSpace.slots;
  for (let i = 0; i < 7; i++) {
    const one = alone.reset(5, { firstEpisode: i });
    expect(alone.layout).toEqual(together.layout.subarray(i * 16, (i + 1) * 16));
    expect(one.info.position[0]).toBe(info.position[i]);
    expect(one.info.task[0]).toBe(info.task[i]);
    expect(one.observation).toEqual(observation.subarray(i * K, (i + 1) * K));
  }
});

test('reset without a seed goes on with the following episodes; with one it starts over', () => {
  const env = new GridworldPinpad(MINI);
  env.reset(9);
  const first = env.layout.slice();
  env.reset();
  const second = env.layout.slice();
  expect(second).not.toEqual(first);
  env.reset(9);
  expect(env.layout).toEqual(first);
  env.reset(9, { firstEpisode: 6 });
  expect(env.layout).toEqual(second);
});

test('a step makes no new arrays, and an episode that is over keeps its observation', () => {
  const env = new GridworldPinpad({ ...MINI, horizon: 1 });
  const begun = env.reset(1);
  const step = env.step([0, 1, 2, 3, 0, 1]);
  expect(step.observation).toBe(begun.observation);
  const kept = step.observation.slice();
  const later = env.step([1, 0, 3, 2, 1, 0]);
  expect(later).toBe(step);
  expect(later.observation).toEqual(kept);
  expect(env.live).toBe(0);
});

test('the observation is that of the cell the agent is in', () => {
  const observation = allocentric(GRID_MINI.world);
  const env = new GridworldPinpad({ ...MINI, observation });
  env.reset(2);
  for (let t = 0; t < 6; t++) {
    const step = env.step([t % 4, 1, 3, 0, 2, (t + 1) % 4]);
    for (let i = 0; i < 6; i++) {
      expect(step.observation[(i + 1) * observation.slots - 1]).toBe(observation.agentRows + step.info.position[i]);
    }
  }
});

test('each mistake is a typed error that names the value and the remedy', () => {
  const env = new GridworldPinpad(MINI);
  const stepAfterReset = (actions: number[]) => {
    env.reset(0);
    return env.step(actions);
  };
  const cases: [string, string, () => unknown][] = [
    ['not-reset', 'reset(seed)', () => env.step([0, 0, 0, 0, 0, 0])],
    ['not-reset', 'reset(seed)', () => env.reset()],
    ['bad-task', 'colour 4', () => new GridworldPinpad({ ...MINI, tasks: ['04'] })],
    ['bad-task', 'empty', () => new GridworldPinpad({ ...MINI, tasks: [] })],
    ['bad-task', 'empty', () => new GridworldPinpad({ ...MINI, tasks: [''] })],
    ['bad-setting', 'horizon is 0', () => new GridworldPinpad({ ...MINI, horizon: 0 })],
    ['bad-setting', 'from 1 to 65535', () => new GridworldPinpad({ ...MINI, horizon: 1e6 })],
    ['bad-setting', 'environments is 1.5', () => new GridworldPinpad({ ...MINI, environments: 1.5 })],
    ['bad-seed', '-3', () => env.reset(-3)],
    ['bad-action', 'action 4 of environment 2', () => stepAfterReset([0, 1, 4, 0, 0, 0])],
    ['bad-shape', 'actions has 2', () => stepAfterReset([0, 1])],
    ['bad-shape', 'start.layout', () => env.reset(0, { start: { layout: new Uint8Array(3), position: [0] } })],
    ['bad-cell', 'cell 16', () => env.reset(0, { start: { layout: new Uint8Array(96), position: [0, 0, 0, 16, 0, 0] } })],
    ['bad-cell', 'holds 9', () => env.reset(0, { start: { layout: new Uint8Array(96).fill(9, 4, 5), position: [0, 0, 0, 0, 0, 0] } })],
  ];
  for (const [code, words, act] of cases) {
    expect(act, words).toThrow(CoxswainError);
    expect(act).toThrow(words);
    expect(act).toThrow(expect.objectContaining({ code, remedy: expect.stringMatching(/\w/) }));
  }
});
