import { expect, test } from 'vitest';
import { readGolden } from '../../../../kernels/src/testing/golden.js';
import { type ColourSequence, Expert, GRID_MINI, GridworldPinpad } from '../index.js';

const golden = readGolden('trained/episodes');
const [episodes, steps] = golden.action.shape;
const layout = Uint8Array.from(golden.layout.data);
const length = golden.length.data;
const position = (i: number, t: number) => golden.pos.data[i * (steps + 1) + t];
const action = (i: number, t: number) => golden.action.data[i * steps + t];
const subgoal = (i: number, t: number) => golden.subgoal.data[i * steps + t];

/** The task of an episode: its subgoals without repetition (a colour never follows itself in this list). */
const taskOf = (i: number): ColourSequence => {
  const sought = Array.from({ length: length[i] }, (_, t) => subgoal(i, t));
  return sought.filter((colour, t) => t === 0 || colour !== sought[t - 1]);
};

test('the reference episodes replay: positions, subgoals, the end, and nothing after it', () => {
  const tasks = Array.from({ length: episodes }, (_, i) => taskOf(i));
  for (let i = 0; i < episodes; i++) expect(GRID_MINI.pretraining).toContain((tasks[i] as number[]).join(''));
  for (let i = 0; i < episodes; i++) {
    const env = new GridworldPinpad({ world: GRID_MINI.world, tasks: [tasks[i]], horizon: 24, environments: 1 });
    env.reset(0, { start: { layout: layout.subarray(i * 16, (i + 1) * 16), position: [position(i, 0)] } });
    for (let t = 0; t < steps; t++) {
      const running = t < length[i];
      const { info, reward, terminated } = env.step([action(i, t)]);
      expect(info.position[0]).toBe(position(i, t + 1));
      expect(info.mask[0]).toBe(running ? 1 : 0);
      expect(reward[0]).toBe(t === length[i] - 1 ? 1 : 0);
      expect(terminated[0]).toBe(t >= length[i] - 1 ? 1 : 0);
      if (t + 1 < length[i]) expect((tasks[i] as number[])[info.progress[0]]).toBe(subgoal(i, t + 1));
    }
  }
});

test('the expert could have made each move of the reference episodes', () => {
  const expert = new Expert(GRID_MINI.world, 0);
  for (let i = 0; i < episodes; i++) {
    expert.plan(layout.subarray(i * 16, (i + 1) * 16));
    for (let t = 0; t < length[i]; t++) expect(expert.probability(position(i, t), subgoal(i, t), action(i, t))).toBeGreaterThan(0);
  }
});
