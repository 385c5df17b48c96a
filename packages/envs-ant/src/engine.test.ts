import loadMujoco, { type MainModule } from '@mujoco/mujoco';
import { beforeAll, describe, expect, test } from 'vitest';
import { ANT_MODEL, AT, FRAME_SKIP, STATE } from './body.js';
import { antWorld } from './definition.js';
import { AntEngine, loadEngine } from './engine.js';
import { observe } from './observation.js';
import { turnObservation, turnTorques } from './symmetry.js';
import { beginning, recorded, settings, torquesAt, turnedBody } from './testing/bodies.js';

let mujoco: MainModule;
let engine: AntEngine;
beforeAll(async () => {
  mujoco = await loadMujoco({ printErr: () => {}, print: () => {} });
  engine = new AntEngine(mujoco);
});

/** What MuJoCo itself does with a body that is its own from the start. */
function drivenByHand(start: Float64Array, steps: number, torques: (step: number) => readonly number[], xml = ANT_MODEL): Float64Array[] {
  const model = mujoco.MjModel.from_xml_string(xml)!;
  const data = new mujoco.MjData(model);
  data.qpos.set(start.subarray(0, AT.velocity));
  data.qvel.set(start.subarray(AT.velocity, AT.warmStart));
  const states = Array.from({ length: steps }, (_, step) => {
    data.ctrl.set(torques(step));
    for (let k = 0; k < FRAME_SKIP; k++) mujoco.mj_step(model, data);
    return Float64Array.of(...data.qpos, ...data.qvel, ...data.qacc_warmstart, data.time);
  });
  data.delete();
  model.delete();
  return states;
}

test('a thousand steps of three worlds are those of three bodies that MuJoCo moves by hand, bit for bit', () => {
  const [steps, worlds] = [1000, 3];
  const physics = recorded(engine);
  const world = antWorld(physics).open(settings as never, { task: 'free', environments: worlds, horizon: steps });
  world.reset(5, { firstEpisode: 0 });
  const starts: Float64Array[] = [];
  const first = { ...physics, advance: physics.advance };
  physics.advance = (from, torques, to) => {
    if (starts.length === 0) starts.push(...from.map((state) => state.slice()));
    first.advance(from, torques, to);
  };
  for (let step = 0; step < steps; step++)
    world.step(Float32Array.from(Array.from({ length: worlds }, (_, body) => torquesAt(step, body)).flat()) as never);
  for (let body = 0; body < worlds; body++) {
    const expected = drivenByHand(starts[body], steps, (step) => Array.from(Float32Array.from(torquesAt(step, body))));
    for (const [step, state] of expected.entries())
      expect(physics.made[step].subarray(body * STATE, (body + 1) * STATE), `step ${step}`).toEqual(state);
  }
});

test('memory that grows leaves nothing behind', () => {
  const { body } = beginning(3);
  const [before, after] = [new Float64Array(STATE), new Float64Array(STATE)];
  engine.move(body, torquesAt(0), before, 0);
  const bytes = engine.bytes;
  const model = mujoco.MjModel.from_xml_string(ANT_MODEL)!;
  const more = [];
  while (engine.bytes === bytes) more.push(new mujoco.MjData(model));
  engine.move(body, torquesAt(0), after, 0);
  expect(after).toEqual(before);
  for (const each of [...more, model]) each.delete();
});

test('steps take no memory', () => {
  const state = beginning(4).body;
  engine.move(state, torquesAt(0), state, 0);
  const bytes = engine.bytes;
  for (let step = 0; step < 2000; step++) engine.move(state, torquesAt(step), state, 0);
  expect(engine.bytes).toBe(bytes);
});

test('a joint that is no number stays one, where MuJoCo would quietly begin anew', () => {
  const { body } = beginning(6);
  body[9] = Number.NaN;
  const next = new Float64Array(STATE);
  engine.move(body, torquesAt(0), next, 0);
  expect(next[9]).toBeNaN();
  const [reset] = drivenByHand(body, 1, torquesAt, ANT_MODEL.replace('autoreset="disable"', ''));
  expect(reset[9]).not.toBeNaN();
  expect(reset[2]).toBeGreaterThan(0.7);
  // The next body is moved as if nothing had been.
  const fine = beginning(7).body;
  engine.move(fine, torquesAt(0), next, 0);
  expect(next).toEqual(drivenByHand(fine, 1, torquesAt)[0]);
});

test('a body on its back is at a height that counts as healthy', () => {
  const { body } = beginning(8);
  body.set([0, 0, 0.6, 0, 1, 0, 0]);
  for (let step = 0; step < 60; step++) engine.move(body, new Array(8).fill(0), body, 0);
  expect(body[2]).toBeGreaterThan(0.2);
  expect(body[2]).toBeLessThan(1);
  expect(1 - 2 * (body[4] ** 2 + body[5] ** 2)).toBeLessThan(-0.5);
});

describe('a model that is not the ant’s', () => {
  const bad = expect.objectContaining({ name: 'AntError', code: 'bad-model' });
  test.each([
    ['broken', '<mujoco>'],
    ['of another body', ANT_MODEL.replace(/<motor .*?\/>/, '')],
  ])('%s is refused', (_, model) => expect(() => new AntEngine(mujoco, model)).toThrow(bad));
  test('is refused where it is loaded', () => expect(loadEngine('nothing')).rejects.toThrow(bad));
});

const FRAMES = ['field', 'body'] as const;

test.each([1, 2, 3, 4, 5, 6, 7].flatMap((k) => FRAMES.map((frame) => [k, frame] as const)))(
  'a turned body under turned torques shows the same turned, under symmetry %i, along the axes of the %s',
  (k, frame) => {
    const shownAs = { ...settings, frame };
    const state = beginning(9);
    const turned = { ...state, body: turnedBody(state.body, k) };
    for (let step = 0; step < 20; step++) {
      engine.move(state.body, torquesAt(step), state.body, 0);
      engine.move(turned.body, turnTorques(torquesAt(step), k), turned.body, 0);
    }
    const [shown, expected] = [observe(turned, shownAs), turnObservation(observe(state, shownAs), k, shownAs)];
    expect(Object.keys(shown)).toEqual(Object.keys(expected));
    for (const part of ['proprioception', 'position'] as const)
      for (const [i, value] of Array.from(expected[part]).entries()) expect(shown[part][i], `${part} ${i}`).toBeCloseTo(value, 5);
  },
);
