import { expect, test } from 'vitest';
import { maskedMeanBackward, maskedSums, partsOf, weightedMeans } from '../cross-entropy/index.js';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, randomUniform, relativeError, runKernel } from '../testing/harness.js';
import { mismatches } from '../testing/specials.js';
import { clippedObjective, clippedObjectiveBackward, clippedStatistics } from './index.js';
import { clippedObjectiveBackwardReference, clippedObjectiveReference, clippedStatisticsReference } from './reference.js';

const maskOf = (count: number): Float32Array => Float32Array.from(randomUniform(count, 9), (u) => (u < 0.7 ? 1 : 0));

test.each([
  [1, 1],
  [63, 1],
  [1001, 7],
  [111, 37],
])('%i decisions, %i to an advantage', async (count, period) => {
  const shape = { count, period, clip: 0.2 };
  const [newLogProb, oldLogProb] = [randomNormal(count, 1, 0.3), randomNormal(count, 2, 0.3)];
  const advantage = randomNormal(Math.ceil(count / period), 3);
  const { loss } = await runKernel(clippedObjective, shape, { newLogProb, oldLogProb, advantage, loss: poison(count) });
  expect(relativeError(loss, clippedObjectiveReference(shape, newLogProb, oldLogProb, advantage))).toBeLessThanOrEqual(1e-5);
  const dloss = randomNormal(count, 4);
  const buffers = { newLogProb, oldLogProb, advantage, dloss, dnewLogProb: poison(count) };
  const { dnewLogProb } = await runKernel(clippedObjectiveBackward, shape, buffers);
  const expected = clippedObjectiveBackwardReference(shape, newLogProb, oldLogProb, advantage, dloss);
  expect(relativeError(dnewLogProb, expected)).toBeLessThanOrEqual(1e-5);
});

test.each(['software', 'gpu'] as const)('specials: NaN and infinity as in float64, on %s', async (family) => {
  const ratios = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    -0,
    0.1,
    -0.1,
    0.5,
    -0.5,
    30,
    -30,
    80,
    -80,
    1e30,
    -1e30,
  ];
  const gains = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1, -1, 2.5];
  const all = ratios.flatMap((ratio) => gains.map((gain) => [ratio, gain]));
  const newLogProb = Float32Array.from(all, ([ratio]) => ratio);
  const [oldLogProb, dloss] = [new Float32Array(all.length), new Float32Array(all.length).fill(1)];
  const advantage = Float32Array.from(all, ([, gain]) => gain);
  const shape = { count: all.length, period: 1, clip: 0.2 };
  for (const [later, earlier] of [
    [newLogProb, oldLogProb],
    [oldLogProb, newLogProb],
  ]) {
    const given = { newLogProb: later, oldLogProb: earlier, advantage };
    const of = (i: number): string => `log-ratio ${later[i] - earlier[i]}, advantage ${advantage[i]}`;
    const { loss } = await runKernel(clippedObjective, shape, { ...given, loss: poison(all.length) }, { family });
    expect(mismatches(loss, clippedObjectiveReference(shape, later, earlier, advantage), of)).toEqual([]);
    const buffers = { ...given, dloss, dnewLogProb: poison(all.length) };
    const { dnewLogProb } = await runKernel(clippedObjectiveBackward, shape, buffers, { family });
    expect(mismatches(dnewLogProb, clippedObjectiveBackwardReference(shape, later, earlier, advantage, dloss), of)).toEqual([]);
  }
});

test('a NaN under the mask reaches the divergence, one that is masked does not', async () => {
  const newLogProb = Float32Array.of(0, Number.NaN, 0, 0);
  const given = { newLogProb, oldLogProb: new Float32Array(4) };
  const shape = { count: 4, parts: 1, clip: 0.2 };
  const divergence = async (mask: Float32Array): Promise<number> =>
    (await runKernel(clippedStatistics, shape, { ...given, mask, partial: poison(3) })).partial[0];
  expect(await divergence(Float32Array.of(1, 1, 1, 1))).toBeNaN();
  expect(await divergence(Float32Array.of(1, 0, 1, 1))).toBe(0);
});

test.each([0.3, 1e-3])('statistics over a mask, policies %d apart', async (scale) => {
  const count = 3001;
  const [newLogProb, oldLogProb] = [randomNormal(count, 1, scale), randomNormal(count, 2, scale)];
  const mask = maskOf(count);
  const parts = partsOf(count);
  const buffers = { newLogProb, oldLogProb, mask, partial: poison(3 * parts) };
  const { partial } = await runKernel(clippedStatistics, { count, parts, clip: 0.2 }, buffers);
  const { out } = await runKernel(weightedMeans, { parts, quantities: 2 }, { partial, out: poison(3) });
  const expected = clippedStatisticsReference(0.2, newLogProb, oldLogProb, mask);
  expected.forEach((value, i) => {
    expect(Math.abs(out[i] - value)).toBeLessThanOrEqual(1e-4 * value);
  });
});

test.each(['ppo_clip', 'odd/ppo_clip'])('golden %s', async (file) => {
  const golden = readGolden(file);
  const [batch, time] = golden.mask.shape;
  const count = batch * time;
  const shape = { count, period: time, clip: 0.2 };
  const [newLogProb, oldLogProb, advantage] = [f32(golden.logp_new), f32(golden.logp_old), f32(golden.advantage)];
  const mask = f32(golden.mask);
  const { loss } = await runKernel(clippedObjective, shape, { newLogProb, oldLogProb, advantage, loss: poison(count) });
  const parts = partsOf(count);
  const { partial } = await runKernel(maskedSums, { count, parts }, { values: loss, mask, partial: poison(2 * parts) });
  const { out: mean } = await runKernel(weightedMeans, { parts, quantities: 1 }, { partial, out: poison(2) });
  expect(relativeError([mean[0]], golden.loss.data)).toBeLessThanOrEqual(1e-5);
  const { dvalues } = await runKernel(maskedMeanBackward, { count }, { mask, mean, dmean: Float32Array.of(1), dvalues: poison(count) });
  const buffers = { newLogProb, oldLogProb, advantage, dloss: dvalues, dnewLogProb: poison(count) };
  const { dnewLogProb } = await runKernel(clippedObjectiveBackward, shape, buffers);
  expect(relativeError(dnewLogProb, golden.dlogp_new.data)).toBeLessThanOrEqual(1e-5);
});
