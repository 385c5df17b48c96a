import { chooseSkills, playChain } from '@coxswain/internal-rl';
import { requestDevice } from '@coxswain/tensor/node';
import { expect, it } from 'vitest';
import { makeLibrary, shipped } from './skills.js';

it('finds a skill for each colour in random play, and touches three of them in a chosen order', async () => {
  const device = await requestDevice();
  const player = shipped(device);
  const { skills } = await makeLibrary(player, 2);
  expect(new Set(skills.map(({ reaches }) => reaches)).size).toBe(4);
  const { shares } = await playChain(player, chooseSkills(skills, 'colour 2,colour 0,colour 1'), { seed: 1, worlds: 128 });
  // All three in order; the first alone is touched first by chance in a quarter of the worlds.
  expect(shares[0]).toBeGreaterThan(0.85);
  expect(shares[2]).toBeGreaterThan(0.7);
  device.close();
});
