/** What moves in a picture of an episode is the body, as MuJoCo itself has it. */
import loadMujoco, { type MainModule } from '@mujoco/mujoco';
import { beforeAll, expect, test } from 'vitest';
import { ANT_MODEL, AT } from './body.js';
import { drawAnt } from './draw.js';
import { AntEngine } from './engine.js';
import { observe } from './observation.js';
import { type AntSettings, antSettings } from './settings.js';
import { beginning, torquesAt } from './testing/bodies.js';

const STEPS = 40;
/** Half of the field in metres, and pixels of a metre: 256 pixels are the field's 8 metres. */
const [HALF, METRE] = [4, 32];

let mujoco: MainModule;
beforeAll(async () => {
  mujoco = await loadMujoco({ printErr: () => {}, print: () => {} });
});

/** A body thrown about by torques: its states, and the picture of what it was shown of them. */
function thrown(given: Partial<AntSettings> = {}) {
  const settings = antSettings.parse(given);
  const state = beginning(4, 0, settings);
  const engine = new AntEngine(mujoco);
  const shown = [observe(state, settings)];
  const bodies = [state.body.slice()];
  for (let step = 0; step < STEPS; step++) {
    engine.move(bodies[step], torquesAt(step), state.body, 0);
    bodies.push(state.body.slice());
    shown.push(observe(state, settings));
  }
  engine.dispose();
  const all = (of: (one: (typeof shown)[number]) => ArrayLike<number>): Float32Array =>
    Float32Array.from(shown.flatMap((one) => Array.from(of(one))));
  const trace = {
    ...{ steps: STEPS, event: Array(STEPS).fill(-1), switches: [] },
    ...{ proprioception: all((one) => one.proprioception), position: all((one) => one.position) },
    ...{ colours: all((one) => one.colours), walls: all((one) => one.walls!) },
  };
  return { bodies, picture: drawAnt(trace, settings) as { readonly svg: string } };
}

/** Where each moving part's points are at each step: read from the picture as a page reads it. */
const movesIn = (svg: string): number[][][] =>
  [...svg.matchAll(/data-moves="([^"]*)"/g)].map(([, moves]) => {
    const at: number[] = [];
    return moves.split(',').map((step) => {
      for (const [i, [by]] of [...step.matchAll(/-?\d+/g)].entries()) at[i] = (at[i] ?? 0) + Number(by);
      return at.map((tenths) => tenths / 10);
    });
  });

/** Foot, knee and shoulder of each leg and the torso's middle in metres, where MuJoCo's own kinematics put them. */
function placesOf(body: Float64Array): { readonly torso: number[]; readonly legs: number[][][] } {
  const model = mujoco.MjModel.from_xml_string(ANT_MODEL)!;
  const data = new mujoco.MjData(model);
  data.qpos.set(body.subarray(0, AT.velocity));
  mujoco.mj_kinematics(model, data);
  const [bodies, capsules] = [data.xpos, data.geom_xpos].map((list) => Array.from(list as Float64Array));
  const point = (list: number[], i: number): number[] => list.slice(3 * i, 3 * i + 3);
  data.delete();
  model.delete();
  const legs = [0, 1, 2, 3].map((leg) => {
    // Bodies: world, torso, then three a leg. Capsules lie on their middle, and the last of a leg ends in its foot.
    const [shoulder, knee, middle] = [point(bodies, 3 + 3 * leg), point(bodies, 4 + 3 * leg), point(capsules, 4 + 3 * leg)];
    return [middle.map((value, i) => 2 * value - knee[i]), knee, shoulder];
  });
  return { torso: point(bodies, 1), legs };
}

test('what moves in the picture is the body, from above and from the side', () => {
  const { bodies, picture } = thrown();
  const moves = movesIn(picture.svg);
  expect(moves).toHaveLength(6);
  const [ground] = [...picture.svg.matchAll(/<path d="M18,([\d.]+)h256" stroke="currentColor" stroke-width/g)].map(([, y]) => Number(y));
  const views = [
    ([x, y]: number[]) => [18 + METRE * (x + HALF), 18 + METRE * (HALF - y)],
    ([x, , z]: number[]) => [18 + METRE * (x + HALF), ground - METRE * z],
  ];
  for (const step of [0, 7, 23, STEPS]) {
    const { torso, legs } = placesOf(bodies[step]);
    for (const [view, seen] of views.entries()) {
      const lines = [0, 1].map((leg) => [...legs[leg], ...legs[leg + 2].toReversed()].flatMap(seen));
      for (const [part, expected] of [...lines, seen(torso)].entries()) {
        const drawn = moves[3 * view + part][step];
        expect(drawn).toHaveLength(expected.length);
        // The torso is rounded to a tenth of a pixel, and the point once more.
        for (const [i, pixels] of drawn.entries()) expect(Math.abs(pixels - expected[i]), `step ${step}, part ${part}`).toBeLessThan(0.11);
      }
    }
  }
  // They were not always where they began.
  for (const part of moves) expect(part[STEPS]).not.toEqual(part[0]);
});

test('it moves alike where it was shown along the axes of the body', () => {
  const [field, body] = [thrown(), thrown({ frame: 'body' })].map(({ picture }) => movesIn(picture.svg).flat(2));
  expect(body).toHaveLength(field.length);
  for (const [i, pixels] of field.entries()) expect(Math.abs(body[i] - pixels), `number ${i}`).toBeLessThan(0.21);
});

test('without a page that plays it, the body stands where it began and ended, and a step of it is small', () => {
  const { svg } = thrown().picture;
  expect(svg.match(/<g class="still" data-step="(\d+)"/g)).toEqual(['0', '40'].map((step) => `<g class="still" data-step="${step}"`));
  const [moving] = /<g class="moving" display="none">.*?<\/g><\/g>/.exec(svg) as RegExpExecArray;
  expect(moving.length / STEPS).toBeLessThan(200);
  expect(svg).toContain('data-pace="50"');
});
