import { GRID_MINI, GridworldPinpad } from '@coxswain/envs';
import type { Device, Scope } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { f32, readGolden } from '../../../kernels/src/testing/golden.js';
import { randomNormal } from '../../../kernels/src/testing/harness.js';
import { ChainedCodes } from './chained-codes.js';
import { CodeController } from './code-controller.js';
import { FixedCodes } from './codes.js';
import { evaluate } from './evaluate.js';
import { Rollout } from './rollout.js';
import { gridMini, trained } from './testing/trained.js';

let device: Device;
let scope: Scope;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());
beforeEach(() => {
  scope = device.scope();
});
afterEach(() => scope[Symbol.dispose]());

const N = 12;
const T = 16;
const LATENT = 8;
const CHAIN = 3;

/** @param task none for episodes that all last until the horizon. */
function playing(source: ChainedCodes | FixedCodes, task?: string) {
  const { model, metacontroller, layer, hard } = trained(device);
  const controller = new CodeController({ metacontroller, layer, source, episodes: N, gate: hard, record: { horizon: T } });
  const environment = new GridworldPinpad({ world: GRID_MINI.world, tasks: task ? [task] : 'free', horizon: T, environments: N });
  return { controller, rollout: new Rollout({ model, environment, controller, seed: 3, rowCounts: [1, 2, 4, N] }) };
}

const codesOf = (episode: number, link: number, codes: Float32Array): number[] => {
  const at = (episode * CHAIN + link) * LATENT;
  return [...codes.subarray(at, at + LATENT)];
};

/** The code that each opening of the switch took, of all episodes, and which of its chain it has to be. */
async function taken(
  { controller, rollout }: ReturnType<typeof playing>,
  batch: number,
): Promise<{ code: number[]; link: number; i: number }[]> {
  const { open, length } = await rollout.run(batch);
  const proposed = (await controller.records?.code.read()) ?? new Float32Array(0);
  return Array.from({ length: N }, (_, i) => {
    const opened = [...open.subarray(i * T, i * T + length[i])].flatMap((one, t) => (one ? [t] : []));
    return opened.map((t, k) => {
      const at = (i * T + t) * LATENT;
      return { code: [...proposed.subarray(at, at + LATENT)], link: Math.min(k, CHAIN - 1), i };
    });
  }).flat();
}

test('each opening of the switch takes the next code, bit for bit, and the last one stays', async () => {
  const codes = randomNormal(N * CHAIN * LATENT, 1);
  const parts = playing(new ChainedCodes(device.tensor(codes, [N, CHAIN, LATENT])));
  const seen = await taken(parts, 0);
  for (const { code, link, i } of seen) expect(code).toEqual(codesOf(i, link, codes));
  // More than one for some episode: openings past the end of its chain are among them.
  expect(seen.filter(({ link }) => link === CHAIN - 1).length).toBeGreaterThan(N);
});

test('new episodes begin at the first code again, of the codes as they then are', async () => {
  const source = new ChainedCodes(device.tensor(randomNormal(N * CHAIN * LATENT, 1), [N, CHAIN, LATENT]));
  const parts = playing(source, '02');
  await parts.rollout.run(0);
  const others = randomNormal(N * CHAIN * LATENT, 2);
  source.codes.write(others);
  const seen = await taken(parts, 1);
  for (const { code, link, i } of seen) expect(code).toEqual(codesOf(i, link, others));
  // Episodes leave at a colour out of order; the others' chains go on.
  expect(seen.some(({ link }) => link > 0)).toBe(true);
});

test('a chain of one code is that code for a whole episode', async () => {
  const codes = randomNormal(N * LATENT, 4);
  const alone = await playing(new ChainedCodes(device.tensor(codes, [N, 1, LATENT]))).rollout.run(0);
  const fixed = await playing(new FixedCodes(device.tensor(codes, [N, LATENT]))).rollout.run(0);
  expect(alone).toEqual(fixed);
});

test('refuses codes that are no chains', () => {
  expect(() => new ChainedCodes(device.zeros([N, LATENT]))).toThrow(/codes \[12,8\], expected \[episodes, chain, latent\]/);
});

/**
 * For each colour the golden posterior mean, where the switch opened while it was the true subgoal, that lies nearest
 * to their middle.
 */
function codesOfColours(): number[][] {
  const { mu, beta_hard: beta, subgoal, length } = readGolden('trained/episodes');
  const [episodes, time] = beta.shape;
  const means = f32(mu);
  const rows = Array.from({ length: episodes }, (_, i) => Array.from({ length: length.data[i] }, (__, t) => i * time + t)).flat();
  return [0, 1, 2, 3].map((colour) => {
    const own = rows
      .filter((row) => beta.data[row] > 0.5 && subgoal.data[row] === colour)
      .map((row) => [...means.subarray(row * LATENT, (row + 1) * LATENT)]);
    const middle = Array.from({ length: LATENT }, (_, k) => own.reduce((sum, code) => sum + code[k] / own.length, 0));
    const far = own.map((code) => Math.hypot(...code.map((x, k) => x - middle[k])));
    return own[far.indexOf(Math.min(...far))];
  });
}

test('golden models: codes of three colours in a row touch them in that order, and in no other', async () => {
  const { model, metacontroller, layer, hard } = trained(device);
  const colours = codesOfColours();
  const worlds = 64;
  const success = async (chain: readonly number[], task: string): Promise<number> => {
    const codes = Array.from({ length: worlds }, () => chain.flatMap((colour) => colours[colour])).flat();
    const source = new ChainedCodes(device.tensor(Float32Array.from(codes), [worlds, chain.length, LATENT]));
    const controller = new CodeController({ metacontroller, layer, source, episodes: worlds, gate: hard });
    const environment = gridMini(task, worlds, 32);
    const rollout = new Rollout({ model, environment, controller, seed: 8, temperature: 0.5, rowCounts: [worlds] });
    return (await evaluate(rollout, worlds)).success;
  };
  const right = await success([2, 0, 1], '201');
  const wrong = await success([1, 0, 2], '201');
  expect(right).toBeGreaterThan(0.8);
  expect(wrong).toBeLessThan(0.05);
});
