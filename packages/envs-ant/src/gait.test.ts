import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { AT, STATE } from './body.js';
import { type AntEngine, loadEngine } from './engine.js';
import { gaitTorques } from './gait.js';
import { GAIT } from './gait-numbers.js';
import { uprightness } from './observation.js';
import { turnTorques } from './symmetry.js';
import { beginning, turnedBody } from './testing/bodies.js';

let engine: AntEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

/** Walks for ten seconds. @returns where it ends, from where it began. */
function walked(body: Float64Array, way: readonly [number, number]): readonly [number, number] {
  const from = [body[0], body[1]];
  const next = new Float64Array(STATE);
  for (let step = 0; step < 200; step++) {
    engine.move(body, gaitTorques(body, way, GAIT), next, 0);
    body.set(next);
  }
  return [body[0] - from[0], body[1] - from[1]];
}

test.each([0, 30, 45, 100, 180, 250, 300])('it walks %i degrees from where its front points', (degrees) => {
  const { body } = beginning(3);
  const front = 2 * Math.atan2(body[6], body[3]);
  const angle = front + (degrees * Math.PI) / 180;
  const way = [Math.cos(angle), Math.sin(angle)] as const;
  const [x, y] = walked(body, way);
  expect(x * way[0] + y * way[1]).toBeGreaterThan(6);
  expect(Math.abs(y * way[0] - x * way[1])).toBeLessThan(3);
  expect(uprightness(body)).toBeGreaterThan(0.5);
});

test('a turned or mirrored body walks as its picture does; a mirrored one with the other foot first', () => {
  const { body } = beginning(5);
  const way = [0.6, -0.8] as const;
  body[AT.time] = 0.35;
  const torques = gaitTorques(body, way, GAIT);
  for (let k = 1; k < 8; k++) {
    const picture = turnedBody(body, k);
    let [x, y]: readonly [number, number] = [k < 4 ? way[0] : -way[0], way[1]];
    for (let turn = 0; turn < k % 4; turn++) [x, y] = [-y, x];
    if (k >= 4) picture[AT.time] += 0.5 / GAIT.frequency;
    const expected = turnTorques(torques, k);
    for (const [motor, torque] of gaitTorques(picture, [x, y], GAIT).entries())
      expect(torque, `symmetry ${k}, motor ${motor}`).toBeCloseTo(expected[motor], 9);
  }
});

test('its numbers are those that were found', () => {
  const stored = JSON.parse(readFileSync(new URL('../../../docs/results/ant/gait.json', import.meta.url), 'utf8'));
  expect(GAIT).toEqual(stored.gait);
});
