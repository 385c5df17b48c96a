import { CounterRandom } from '@coxswain/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pointPads, type RecordedTrajectories } from '../index.js';
import { demonstrationsOf } from '../testing/demonstrations.js';
import { CLEARANCE, drawArena, moveByForce, type PadState, padAt, squaredDistance } from './arena.js';
import { expertForce } from './expert.js';
import { padSettings } from './settings.js';
import { turnPoints } from './symmetry.js';

const settings = padSettings.parse({});
const { radius, thrust, drag } = settings;
const seeds = fc.integer({ min: 0, max: 2 ** 40 });

interface Seen {
  readonly position: Float32Array;
  readonly velocity: Float32Array;
  readonly bearing: Float32Array;
  readonly distance: Float32Array;
  readonly size: Float32Array;
  readonly entered: Float32Array;
}

const arena = (seed: number, pads = 4): PadState => drawArena({ ...settings, pads }, new CounterRandom(seed));
const at = (x: number, y: number, centres: readonly number[]): PadState => ({
  position: Float64Array.of(x, y),
  velocity: new Float64Array(2),
  centres: Float64Array.from(centres),
  entered: -1,
});

test('pads leave room for the point between any two, and the point begins outside them', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 6 }), (seed, pads) => {
      const { position, velocity, centres } = arena(seed, pads);
      expect(Array.from(velocity)).toEqual([0, 0]);
      for (let i = 0; i < pads; i++) {
        const [x, y] = [centres[2 * i], centres[2 * i + 1]];
        expect(Math.max(Math.abs(x), Math.abs(y)) + radius + CLEARANCE).toBeLessThan(1);
        expect(Math.sqrt(squaredDistance(x, y, position[0], position[1]))).toBeGreaterThan(radius + 2 * CLEARANCE - 1e-12);
        for (let j = 0; j < i; j++)
          expect(Math.sqrt(squaredDistance(x, y, centres[2 * j], centres[2 * j + 1]))).toBeGreaterThan(2 * (radius + CLEARANCE));
      }
    }),
  );
});

test('pads that find no place are refused, and so are those beyond the edge', () => {
  const crowded = { ...settings, pads: 6, radius: 0.35 };
  expect(() => drawArena(crowded, new CounterRandom(0))).toThrow(expect.objectContaining({ code: 'no-reachable-layout' }));
  const large = { ...settings, radius: 0.9 } as never;
  expect(() => pointPads.check!(large)).toThrow(expect.objectContaining({ code: 'bad-world' }));
});

describe('the point', () => {
  test('moves by force and drag', () => {
    const state = at(0, 0, []);
    moveByForce(state, [1, -0.5], settings);
    moveByForce(state, [0, 0], settings);
    expect(Array.from(state.velocity)).toEqual([(1 - drag) * thrust, (1 - drag) * thrust * -0.5]);
    expect(state.position[0]).toBeCloseTo((2 - drag) * thrust, 12);
    for (let t = 0; t < 200; t++) moveByForce(state, [1, 0], settings);
    expect(Array.from(state.position)).toEqual([1, expect.any(Number)]);
    expect(state.velocity[0]).toBe(0);
  });

  test('reaches a pad by entering it, not by being in it', () => {
    const state = at(-0.3, 0, [0, 0]);
    const events = Array.from({ length: 12 }, () => moveByForce(state, [1, 0], settings));
    expect(events.filter((event) => event === 0)).toHaveLength(1);
    expect(padAt(at(0.1, 0, [0, 0]), radius)).toBe(0);
    expect(padAt(at(0.2, 0, [0, 0]), radius)).toBe(-1);
  });

  test('a turned arena under turned forces is the same episode turned, bit for bit', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 7 }), (seed, k) => {
        const state = arena(seed);
        const turned = {
          ...state,
          position: turnPoints(state.position, k),
          velocity: new Float64Array(2),
          centres: turnPoints(state.centres, k),
        };
        const random = new CounterRandom(seed);
        for (let t = 0; t < 40; t++) {
          const force = [2 * random.uniform() - 1, 2 * random.uniform() - 1];
          expect(moveByForce(turned, turnPoints(force, k), settings)).toBe(moveByForce(state, force, settings));
        }
        expect(turned.position).toEqual(turnPoints(state.position, k));
      }),
    );
  });
});

test('eight symmetries, each different, the identity first', () => {
  const point = [0.3, 0.7];
  const images = Array.from({ length: 8 }, (_, k) => turnPoints(point, k).join());
  expect(images[0]).toBe(point.join());
  expect(new Set(images).size).toBe(8);
});

describe('the expert', () => {
  const count = 2000;
  const data = demonstrationsOf(pointPads, {}, { count, seed: 4, noise: 0.15 }) as unknown as RecordedTrajectories;
  const { horizon, length } = data;
  const steps = length.reduce((a, b) => a + b, 0);

  test('goes around pads that are in the way', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 3 }), (seed, goal) => {
        const state = arena(seed);
        const events: number[] = [];
        for (let t = 0; t < 60 && !events.includes(goal); t++) {
          const force = expertForce(state, goal, settings);
          expect(Math.max(Math.abs(force[0]), Math.abs(force[1]))).toBeLessThanOrEqual(0.9 + 1e-12);
          const event = moveByForce(state, force, settings);
          if (event >= 0) events.push(event);
        }
        expect(events).toEqual([goal]);
      }),
      { numRuns: 1000 },
    );
  });

  test('succeeds with noise in at least 95 of 100 episodes', () => {
    expect(count / (data.recording.episode![count - 1] + 1)).toBeGreaterThan(0.95);
  });

  test('takes 8 to 10 steps a leg', () => {
    const legs = data.event!.reduce((sum, event) => sum + (event >= 0 ? 1 : 0), 0);
    expect(steps / legs).toBeGreaterThan(8);
    expect(steps / legs).toBeLessThan(10);
  });

  test('is measured by the density of its noise', () => {
    // Two Gaussians of 0.15; the mean over some 56 000 steps is within four standard errors of their entropy.
    const entropy = 2 * (0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(0.15));
    expect(Math.abs(data.expertNll! - entropy)).toBeLessThan(4 / Math.sqrt(steps));
  });

  test('without noise has no density', () => {
    expect(demonstrationsOf(pointPads, {}, { count: 5, seed: 4, noise: 0 }).expertNll).toBeUndefined();
  });

  const seen = data.observe([3], horizon) as never as Seen;

  test('is shown as the world shows it, and what follows is its next position', () => {
    const next = data.predicted!([3], horizon) as Float32Array;
    expect(next).toEqual(seen.position.subarray(2));
    const end = length[3];
    for (let t = 1; t <= end; t++)
      for (let pad = 0; pad < 4; pad++) expect(seen.entered[4 * t + pad]).toBe(data.event![3 * horizon + t - 1] === pad ? 1 : 0);
    const centre = (t: number, i: number) => seen.position[2 * t + (i % 2)] + seen.distance[4 * t + (i >> 1)] * seen.bearing[8 * t + i];
    for (let i = 0; i < 8; i++) for (let t = 0; t <= end; t++) expect(centre(t, i)).toBeCloseTo(centre(0, i), 6);
  });

  test('is shown where pads lie and how large they look, which is all of one that it is in', () => {
    for (let t = 0; t <= length[3]; t++)
      for (let pad = 0; pad < 4; pad++) {
        const [x, y] = seen.bearing.subarray(8 * t + 2 * pad);
        const distance = seen.distance[4 * t + pad];
        expect(x * x + y * y).toBeCloseTo(1, 6);
        expect(seen.size[4 * t + pad]).toBeCloseTo(Math.min(1, radius / distance), 6);
      }
  });

  test('is shown turned: bearings, position, velocity and forces', () => {
    const plain = data.observe([6], 5) as never as Seen;
    const turned = data.observe([6], 5, [3]) as never as Seen;
    for (const part of ['position', 'velocity', 'bearing'] as const)
      expect(Array.from(turned[part])).toEqual(Array.from(turnPoints(plain[part], 3)));
    for (const part of ['distance', 'size', 'entered'] as const) expect(turned[part]).toEqual(plain[part]);
    expect(Array.from(data.actions([6], 5, [3]) as never as Float32Array)).toEqual(
      Array.from(turnPoints(data.actions([6], 5) as never as Float32Array, 3)),
    );
  });
});

test('tasks are pads as digits', () => {
  expect(pointPads.task(settings as never, '0213')).toEqual({ text: '0213', events: [0, 2, 1, 3] });
  expect(() => pointPads.task(settings as never, '04')).toThrow(/names pad 4; expected pads from 0 to 3/);
  for (let pads = 1; pads <= 6; pads++) {
    const own = { ...settings, pads } as never;
    const { tasks, reward } = pointPads.defaults(own);
    for (const text of [...tasks, reward.task]) expect(pointPads.task(own, text).text).toBe(text);
  }
  expect(pointPads.defaults(settings as never)).toMatchObject({ horizon: 60, reward: { task: '0123' } });
});

test('draws the path, pads, visits and switches', () => {
  const position = Float32Array.of(0, 0, 0.5, 0.5);
  const half = Math.sqrt(0.5);
  const observation = { position, bearing: Float32Array.of(half, half, 0, 0), distance: Float32Array.of(half, 0) } as never;
  const trace = { steps: 1, observation, action: new Float32Array(2), event: [0], switches: [1], task: 'free', success: true } as never;
  const picture = pointPads.draw!(padSettings.parse({ pads: 1 }) as never, trace) as { svg: string };
  expect(picture.svg).toContain('points="116.0,116.0 171.0,61.0"');
  expect(picture.svg).toContain('<circle cx="171.0" cy="61.0" r="13.2"');
  expect(picture.svg).toContain('new code at step 1');
  // Played, the point goes where the path goes.
  expect(picture.svg).toContain('<g class="moving" display="none"><circle data-moves="1160 1160,550-550"');
  expect(picture.svg).toMatch(/<text[^>]*>1<\/text>/);
  // The disc of the visit lies in the diamond, and its corners beside the disc.
  const [, x, right] = /<path d="M([\d.]+),[\d.]+L([\d.]+),[^>]*data-step="1"/.exec(picture.svg) as RegExpExecArray;
  const [, disc] = /<circle [^>]*r="([\d.]+)" data-step="1"/.exec(picture.svg) as RegExpExecArray;
  expect((Number(right) - Number(x)) / Math.SQRT2).toBeGreaterThan(Number(disc));
});
