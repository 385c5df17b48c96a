import { checkWorld } from '@coxswain/envs';
import { describe, expect, test } from 'vitest';
import { AT } from './body.js';
import { cellAt, middleOf } from './cells.js';
import { antWorld } from './definition.js';
import { loadEngine } from './engine.js';
import type { AntState } from './field.js';
import { GAIT } from './gait-numbers.js';
import { type AntObservation, observationSpace, observe } from './observation.js';
import { turnObservation, turnTorques } from './symmetry.js';
import { beginning, puppet, settings, torquesAt } from './testing/bodies.js';

const HALF = (settings.size * settings.cell) / 2;

test('it keeps the rules of worlds', async () => {
  const engine = await loadEngine();
  expect(checkWorld(antWorld(engine)).filter(({ ok }) => !ok)).toEqual([]);
  const other = { size: 3, colours: 2, walls: 0, cell: 1, clock: true, frame: 'body', ways: 'straight', upright: true };
  expect(checkWorld(antWorld(engine), other).filter(({ ok }) => !ok)).toEqual([]);
});

interface Shown {
  readonly position: Float32Array;
  readonly colours: Float32Array;
  readonly walls: Float32Array;
  readonly inside: Float32Array;
}

/** One episode of which the body is put where one says. */
function staged(task: string | 'free', given = settings) {
  const physics = puppet();
  const definition = antWorld(physics);
  const asked = task === 'free' ? task : definition.task(given as never, task);
  const world = definition.open(given as never, { task: asked, environments: 1, horizon: 50 });
  const { observation } = world.reset(2, { firstEpisode: 0 });
  const { position, colours, walls } = observation as unknown as Shown;
  const place = (list: Float32Array, i: number): readonly [number, number] => [
    HALF * (list[2 * i] + position[0]),
    HALF * (list[2 * i + 1] + position[1]),
  ];
  const [start, pads] = [[HALF * position[0], HALF * position[1]] as const, [0, 1, 2, 3].map((colour) => place(colours, colour))];
  const wall = place(walls, 0);
  const still = new Float32Array(8) as never;
  return {
    ...{ start, pads, wall },
    go([x, y]: readonly [number, number], numbers: Readonly<Record<number, number>> = {}) {
      physics.place(0, { 0: x, 1: y, ...numbers });
      const { reward, terminated, info, observation } = world.step(still);
      return { reward: reward[0], over: terminated[0], event: info.event?.[0], shown: observation as unknown as Shown };
    },
  };
}

describe('rules', () => {
  test('colours are reached by entering their cell, and the last one is rewarded', () => {
    const { go, pads, start } = staged('21');
    expect(go(start)).toMatchObject({ reward: 0, over: 0, event: -1 });
    expect(go(pads[2])).toMatchObject({ reward: 0, over: 0, event: 2 });
    expect(go([pads[2][0] + 0.4, pads[2][1]])).toMatchObject({ event: -1, over: 0 });
    expect(go(pads[1])).toMatchObject({ reward: 1, over: 1, event: 1 });
  });

  test('a colour out of order, a wall and the edge end an episode', () => {
    for (const where of ['pads', 'wall', 'edge'] as const) {
      const { go, pads, wall } = staged('21');
      const to = where === 'pads' ? pads[0] : where === 'wall' ? wall : ([HALF + 0.01, 0] as const);
      expect(go(to), where).toMatchObject({ reward: 0, over: 1, event: where === 'pads' ? 0 : -1 });
    }
  });

  test.each([
    [0.19, 1],
    [0.2, 0],
    [1, 0],
    [1.01, 1],
  ])('a torso %f m high: over %i', (height, over) => {
    const { go, start } = staged('21');
    expect(go(start, { 2: height })).toMatchObject({ over, reward: 0 });
  });

  test('along the axes of the body the colour just entered is shown for one step', () => {
    const { pads, start } = staged('free');
    const { go } = staged('free', { ...settings, frame: 'body' });
    const entered = (at: readonly [number, number]) => Array.from((go(at).shown as Shown & { readonly entered: Float32Array }).entered);
    expect(entered(start)).toEqual([0, 0, 0, 0]);
    expect(entered(pads[2])).toEqual([0, 0, 1, 0]);
    expect(entered(pads[2])).toEqual([0, 0, 0, 0]);
    expect(entered(pads[0])).toEqual([1, 0, 0, 0]);
  });

  test('a body that falls into the last colour has not reached it', () => {
    const { go, pads } = staged('2');
    expect(go(pads[2], { 2: 0.1 })).toMatchObject({ reward: 0, over: 1, event: -1 });
  });

  test('a body on its back goes on, unless it has to be upright', () => {
    const back = { 3: 0, 4: 1, 5: 0, 6: 0 };
    const { go, start } = staged('21');
    expect(go(start, back)).toMatchObject({ over: 0 });
    const strict = staged('21', { ...settings, upright: true });
    expect(strict.go(strict.start, back)).toMatchObject({ over: 1 });
  });

  test('free episodes go on outside of the field, and are shown at its edge', () => {
    const { go, pads } = staged('free');
    const outside = go([2 * HALF, 0.3]);
    expect(outside).toMatchObject({ over: 0, event: -1 });
    expect(outside.shown.position[0]).toBe(1);
    expect(go(pads[3])).toMatchObject({ over: 0, event: 3 });
  });
});

test('places and cells are the same said twice', () => {
  for (let cell = 0; cell < settings.size ** 2; cell++) expect(cellAt(...middleOf(cell, settings), settings)).toBe(cell);
  expect(cellAt(HALF, 0, settings)).toBe(-1);
  expect(cellAt(0, -HALF - 1e-9, settings)).toBe(-1);
});

test('an episode begins in an empty cell, standing, at any angle', () => {
  const world = antWorld(puppet()).open(settings as never, { task: 'free', environments: 200, horizon: 2 });
  const { observation } = world.reset(1, { firstEpisode: 0 });
  const { inside, proprioception } = observation as unknown as Record<string, Float32Array>;
  const forward = Array.from({ length: 200 }, (_, i) => proprioception[29 * i + 1]);
  expect(Math.max(...forward)).toBeGreaterThan(0.68);
  expect(Math.min(...forward)).toBeLessThan(-0.68);
  for (let i = 0; i < 200; i++) expect(Math.exp(proprioception[29 * i]) - 1).toBeCloseTo(0.55, 6);
  expect(Math.max(...inside)).toBeGreaterThan(0.9);
});

describe('a diverged body', () => {
  const actions = (step: number) => Float32Array.from([0, 1, 2].flatMap((body) => torquesAt(step, body))) as never;

  test('is an error that says where; no episode has moved, and the others go on bit for bit', async () => {
    const engine = await loadEngine();
    let broken = false;
    const physics = {
      advance(from: readonly Float64Array[], torques: readonly ArrayLike<number>[], to: Float64Array) {
        engine.advance(from, torques, to);
        if (broken) to[44 + 8] = Number.NaN;
      },
    };
    const open = () => antWorld(physics).open(settings as never, { task: 'free', environments: 3, horizon: 20 });
    const [world, undisturbed] = [open(), open()];
    for (const each of [world, undisturbed]) each.reset(3, { firstEpisode: 10 });
    world.step(actions(0));
    undisturbed.step(actions(0));
    const before = [0, 1, 2].map((i) => world.snapshot!(i));
    broken = true;
    expect(() => world.step(actions(1))).toThrow(
      expect.objectContaining({
        code: 'diverged',
        value: 'ant-pinpad, episode 11, step 1: joint ankle_1 is NaN',
      }),
    );
    broken = false;
    expect([0, 1, 2].map((i) => world.snapshot!(i))).toEqual(before);
    for (let step = 1; step < 5; step++) expect(world.step(actions(step))).toEqual(undisturbed.step(actions(step)));
  });
});

test('four quarter turns and two mirrorings are none, bit for bit', () => {
  const world = antWorld(puppet()).open(settings as never, { task: 'free', environments: 1, horizon: 2 });
  const { observation } = world.reset(1, { firstEpisode: 0 }) as unknown as { observation: never };
  let turned: never = observation;
  for (let turn = 0; turn < 4; turn++) turned = turnObservation(turned, 1, settings) as never;
  const mirrored = turnObservation(turnObservation(observation, 4, settings), 4, settings);
  for (const [part, values] of Object.entries<Float32Array>(observation)) {
    // 0 and −0 are the same number here.
    const plain = (list: ArrayLike<number>): number[] => Array.from(list, (value) => value + 0);
    expect(plain(turned[part])).toEqual(plain(values));
    expect(plain(mirrored[part as never])).toEqual(plain(values));
  }
  expect(turnTorques(turnTorques(torquesAt(0), 5), 5)).toEqual(Float64Array.from(torquesAt(0)));
});

test('the clock is that of the gait, half a turn on for a mirrored body, and shown where it is asked for', () => {
  expect(observationSpace(settings).parts).not.toHaveProperty('clock');
  const shown = { ...settings, clock: true };
  expect(observationSpace(shown).parts).toHaveProperty('clock');
  const { body } = beginning(1);
  const at = (time: number) => {
    body[AT.time] = time;
    return observe({ body, objects: [], layout: new Uint8Array(16), cell: 0 } as unknown as AntState, shown);
  };
  const { frequency } = GAIT;
  for (const [turns, cosine, sine] of [
    [0, 1, 0],
    [0.25, 0, 1],
    [3.5, -1, 0],
  ]) {
    const { clock } = at(turns / frequency);
    expect(clock?.[0]).toBeCloseTo(cosine, 9);
    expect(clock?.[1]).toBeCloseTo(sine, 9);
  }
  const [now, later] = [at(0.3), at(0.3 + 0.5 / frequency)];
  for (const k of [1, 4, 7]) {
    const { clock } = turnObservation(now, k, settings);
    const expected = k < 4 ? now.clock : later.clock;
    for (const i of [0, 1]) expect(clock?.[i]).toBeCloseTo(expected?.[i] ?? Number.NaN, 9);
  }
});

test('along the axes of the body, places and velocity are those of the field turned by its heading', () => {
  const state = beginning(4);
  state.body[15] = 1;
  const [field, body] = [observe(state, settings), observe(state, { ...settings, frame: 'body' })];
  const [fx, fy] = [field.proprioception[1], field.proprioception[2]].map((value) => Math.sign(value) * Math.expm1(Math.abs(value)));
  const turned = (x: number, y: number): readonly [number, number] => [fx * x + fy * y, fx * y - fy * x];
  for (const part of ['position', 'colours', 'walls', 'inside'] as const) {
    const [from, to] = [Array.from(field[part]!), Array.from(body[part]!)];
    for (let i = 0; i < from.length; i += 2)
      for (const [axis, value] of turned(from[i], from[i + 1]).entries()) expect(to[i + axis], `${part} ${i}`).toBeCloseTo(value, 9);
  }
  const velocity = (shown: AntObservation) =>
    Array.from(shown.proprioception)
      .slice(15, 17)
      .map((value) => Math.sign(value) * Math.expm1(Math.abs(value)));
  const [vx, vy] = velocity(field);
  for (const [axis, value] of turned(vx, vy).entries()) expect(velocity(body)[axis]).toBeCloseTo(value, 9);
  expect(vx).toBeCloseTo(1, 9);
  for (let colour = 0; colour < 4; colour++) {
    const [x, y] = [body.colours[2 * colour], body.colours[2 * colour + 1]];
    expect(body.bearings?.[2 * colour]).toBeCloseTo(x / Math.hypot(x, y), 9);
    expect(body.bearings?.[2 * colour + 1]).toBeCloseTo(y / Math.hypot(x, y), 9);
  }
});
