import { HostRandom } from '@coxswain/base';
import { expect, test } from 'vitest';
import type { Place } from '../phases/demonstrated-codes.js';
import { whatCodesTell } from './what-codes-tell.js';

/** Legs from anywhere to anywhere, for any colour, with the codes that `name` gives them. */
function legs(name: (leg: { colour: number; from: Place; to: Place }) => number[], count = 1200) {
  const random = new HostRandom(7);
  const below = (n: number): number => Math.floor(random.uniform() * n);
  const made = Array.from({ length: count }, () => ({
    colour: below(4),
    from: [below(4), below(4)] as const,
    to: [below(4), below(4)] as const,
  }));
  const codes = made.map((leg) => name(leg).map((x) => x + 0.01 * random.normal()));
  return {
    codes,
    order: made.map(() => 0),
    colours: made.map(({ colour }) => colour),
    from: made.map(({ from }) => from),
    to: made.map(({ to }) => to),
  };
}

const oneHot = (colour: number): number[] => [0, 1, 2, 3].map((other) => (other === colour ? 1 : 0));

test('a code that names the colour tells that, and neither cell', () => {
  const [code] = whatCodesTell(legs(({ colour }) => oneHot(colour)));
  expect(code).toMatchObject({ by: 'code', switches: 1200, colour: 1 });
  for (const share of [code.to, code.from, code.way]) expect(Math.abs(share ?? 1)).toBeLessThan(0.25);
});

test('a code that names a cell tells that, half of the way to it, and no colour', () => {
  const [code] = whatCodesTell(legs(({ to }) => [...to]));
  expect(code.to).toBeGreaterThan(0.99);
  expect(code.from).toBeLessThan(0.1);
  expect(code.way).toBeGreaterThan(0.3);
  expect(code.way).toBeLessThan(0.6);
  expect(code.colour).toBeLessThan(0.4);
});

test('a code that tells the way tells it from anywhere', () => {
  const [code, start] = whatCodesTell(legs(({ from, to }) => [to[0] - from[0], to[1] - from[1]]));
  expect(code.way).toBeGreaterThan(0.99);
  expect(start).toMatchObject({ by: 'cell begun in' });
  expect(start.from).toBeGreaterThan(0.99);
});

test('too few switches say nothing', () => {
  const [code] = whatCodesTell(legs(({ to }) => [...to], 20));
  expect(code).toEqual({ by: 'code', switches: 20, colour: null, to: null, from: null, way: null });
});
