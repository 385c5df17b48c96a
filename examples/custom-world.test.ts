import { requestDevice } from '@coxswain/tensor/node';
import { describe, expect, it } from 'vitest';
import { Corridor, learn } from './custom-world.js';

describe('a corridor', () => {
  it('plays the same episodes however many are played together', () => {
    const [few, many] = [new Corridor(2), new Corridor(6)];
    const { observation } = many.reset(3, { firstEpisode: 4 });
    expect([...few.reset(3, { firstEpisode: 6 }).observation]).toEqual([...observation.slice(4, 8)]);
  });

  it('pays once, at the end that the lamp shows', () => {
    const world = new Corridor(64);
    const { observation } = world.reset(1, { firstEpisode: 0 });
    const lamps = Array.from({ length: 64 }, (_, i) => observation[2 * i + 1] - 7);
    const play = (actions: number[]) =>
      Array.from({ length: world.horizon }, () => world.step(Int32Array.from(actions))).map(({ reward }) => reward);
    const paid = (rewards: ArrayLike<number>[]) => lamps.map((_, i) => rewards.reduce((sum, reward) => sum + reward[i], 0));
    expect(paid(play(lamps))).toEqual(lamps.map(() => 1));
    world.reset(1, { firstEpisode: 0 });
    expect(paid(play(lamps.map((lamp) => 1 - lamp)))).toEqual(lamps.map(() => 0));
  });

  it('is cut at the horizon', () => {
    const world = new Corridor(1);
    world.reset(1, { firstEpisode: 0 });
    const ends = Array.from({ length: world.horizon }, (_, t) => world.step(Int32Array.of(t % 2))).map(({ terminated, truncated }) => [
      terminated[0],
      truncated[0],
    ]);
    // Back and forth from a cell beside an end is over at once; the first episode of this seed does not begin there.
    expect(ends.at(-2)).toEqual([0, 0]);
    expect(ends.at(-1)).toEqual([0, 1]);
  });

  it('is learned by a new model from reward alone', async () => {
    const device = await requestDevice();
    const reward = await learn(device, 8);
    expect(reward[0]).toBeLessThan(0.65);
    expect(reward[7]).toBeGreaterThan(0.75);
    device.close();
  });
});
