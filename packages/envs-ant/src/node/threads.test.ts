import { availableParallelism } from 'node:os';
import { afterAll, describe, expect, test } from 'vitest';
import { STATE } from '../body.js';
import { loadEngine } from '../engine.js';
import { beginning, settings, torquesAt } from '../testing/bodies.js';
import { antPinpad } from './definition.js';
import { JOB_ROWS } from './shared.js';
import { type ThreadOptions, ThreadPhysics } from './threads.js';

const made: ThreadPhysics[] = [];
const threads = (options: ThreadOptions): ThreadPhysics => {
  made.push(new ThreadPhysics(options));
  return made.at(-1) as ThreadPhysics;
};
afterAll(() => {
  for (const each of made) each.dispose();
});

const bodies = (count: number) => Array.from({ length: count }, (_, i) => beginning(1, i).body);
const torques = (count: number) => Array.from({ length: count }, (_, i) => torquesAt(0, i));

test('bits do not depend on the number of threads, nor on there being any', async () => {
  const count = JOB_ROWS + 5;
  const expected = new Float64Array(count * STATE);
  (await loadEngine()).advance(bodies(count), torques(count), expected);
  for (const number of [1, 3]) {
    const physics = threads({ threads: number });
    const states = new Float64Array(count * STATE);
    physics.advance(bodies(count), torques(count), states);
    expect(physics.workers).toHaveLength(number);
    expect(states).toEqual(expected);
  }
});

test('no more threads are started than there are bodies', () => {
  const physics = threads({ threads: 3 });
  physics.advance(bodies(1), torques(1), new Float64Array(STATE));
  expect(physics.workers).toHaveLength(1);
});

test('the world says over how many threads its steps are spread', () => {
  expect(threads({ threads: 3 }).threads).toBe(3);
  expect(antPinpad.threads).toBe(availableParallelism());
});

describe('a worker that dies', () => {
  const died = expect.objectContaining({ name: 'AntError', code: 'worker-died' });

  test('is an error; nothing was moved, and the same step can be taken again', async () => {
    const physics = threads({ threads: 1 });
    const [first, again] = [new Float64Array(STATE), new Float64Array(STATE)];
    const from = bodies(1);
    physics.advance(from, torques(1), first);
    await physics.workers[0].terminate();
    expect(() => physics.advance(from, torques(1), again)).toThrow(died);
    expect(again).toEqual(new Float64Array(STATE));
    expect(from).toEqual(bodies(1));
    physics.advance(from, torques(1), again);
    expect(again).toEqual(first);
  });

  test('without a word is known by its silence', () => {
    // Nobody has loaded an engine within a millisecond.
    const physics = threads({ threads: 1, patience: 1 });
    expect(() => physics.advance(bodies(1), torques(1), new Float64Array(STATE))).toThrow(died);
  });
});

test.each([0, -1, 1.5])('%f threads are refused', (count) => {
  expect(() => new ThreadPhysics({ threads: count })).toThrow(expect.objectContaining({ code: 'bad-setting' }));
});

test('a model that does not load is an error of the calling thread', () => {
  const physics = threads({ threads: 1, model: '<mujoco>' });
  expect(() => physics.advance(bodies(1), torques(1), new Float64Array(STATE))).toThrow(
    expect.objectContaining({ code: 'bad-model', value: expect.stringContaining('XML') }),
  );
});

test('more worlds than memory holds are refused before any is made', () => {
  expect(() => antPinpad.open(settings as never, { task: 'free', environments: 2 ** 31, horizon: 500 })).toThrow(
    expect.objectContaining({ code: 'out-of-memory', value: expect.stringContaining(String(2 ** 31)) }),
  );
});
