/** Distributions against float64 formulas, and what is drawn of them. */
import { type BoxSpace, boxSpace, CoxswainError, discreteSpace, rowsSpace, type Space } from '@coxswain/base';
import { type Device, gradientErrors, mul, RandomState, sum, type Tensor } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relativeError } from '../../../kernels/src/testing/harness.js';
import { type Distribution, distributionOf, headOutputs } from './distribution.js';

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);
const N = 7;
const picture: BoxSpace = { kind: 'box', shape: [8, 8, 3], type: 'u8' };
const both = { kind: 'record', parts: { move: boxSpace([3]), jump: discreteSpace(5) } } as const;

/** −log softmax(logits)[value] of each row; 0 for a class of −1. */
function categoricalNll(logits: ArrayLike<number>, classes: number, values: ArrayLike<number>): number[] {
  return Array.from(values, (value, row) => {
    if (value < 0) return 0;
    const all = Array.from({ length: classes }, (_, i) => logits[row * classes + i]);
    return Math.log(all.reduce((total, x) => total + Math.exp(x), 0)) - all[value];
  });
}

/** Of a diagonal Gaussian whose rows of `outputs` are means, then log σ within −5 and 2. */
function gaussianNll(outputs: ArrayLike<number>, size: number, values: ArrayLike<number>): number[] {
  return Array.from({ length: values.length / size }, (_, row) => {
    let nll = 0;
    for (let i = 0; i < size; i++) {
      const mean = outputs[row * 2 * size + i];
      const logSigma = Math.min(2, Math.max(-5, outputs[row * 2 * size + size + i]));
      nll += ((values[row * size + i] - mean) / Math.exp(logSigma)) ** 2 / 2 + logSigma + Math.log(2 * Math.PI) / 2;
    }
    return nll;
  });
}

/** Columns `from` to `to` of rows of `columns`. */
const part = (x: ArrayLike<number>, columns: number, from: number, to: number): number[] =>
  Array.from({ length: x.length }, (_, i) => i)
    .filter((i) => i % columns >= from && i % columns < to)
    .map((i) => x[i]);

describe.each(['software', 'gpu'] as const)('on %s kernels', (family) => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice({ family });
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  const made = (space: Space, outputs: Float32Array): Distribution =>
    distributionOf(space, device.tensor(outputs, [outputs.length / headOutputs(space, 'action'), headOutputs(space, 'action')]), 'action');
  const classes = (values: readonly number[]): Tensor => device.tensor(Int32Array.from(values), [values.length]);
  const box = (values: Float32Array, size: number): Tensor => device.tensor(values, [values.length / size, size]);

  test('−log p of classes is that of float64, and 0 for padding', async () => {
    using _scope = device.scope();
    const [logits, values] = [wave(N * 5, 1), [4, 0, -1, 2, 2, 1, 3]];
    const expected = categoricalNll(logits, 5, values);
    const distribution = made(discreteSpace(5), logits);
    expect(distribution.parameters.map(({ shape }) => shape)).toEqual([[N, 5]]);
    const found = await distribution.nll(classes(values)).read();
    expect(relativeError(found, expected)).toBeLessThan(1e-5);
    expect(found[2]).toBe(0);
    const cool = categoricalNll(
      logits.map((x) => x / 0.5),
      5,
      values,
    );
    expect(relativeError(await distribution.tempered(0.5).nll(classes(values)).read(), cool)).toBeLessThan(1e-5);
  });

  test('−log p of boxes is that of float64, log σ kept within −5 and 2', async () => {
    using _scope = device.scope();
    const [outputs, values] = [wave(N * 6, 1).map((x) => 3 * x), wave(N * 3, 2)];
    // Below and above what log σ may be; the value lies near the mean, or its row would outweigh all others.
    outputs.set([-9, 4], 4);
    values[1] = outputs[1] + 2 ** -8;
    const distribution = made(boxSpace([3]), outputs);
    expect(distribution.parameters.map(({ shape }) => shape)).toEqual([
      [N, 3],
      [N, 3],
    ]);
    expect(relativeError(await distribution.nll(box(values, 3)).read(), gaussianNll(outputs, 3, values))).toBeLessThan(1e-5);
  });

  test('a density to the power of 1/T is the Gaussian whose variance is T times as large', async () => {
    using _scope = device.scope();
    const [outputs, values, T] = [wave(N * 4, 1), wave(N * 2, 2), 0.25];
    const powered = gaussianNll(outputs, 2, values).map((nll, row) => {
      const logSigmas = [2, 3].map((i) => outputs[row * 4 + i]);
      // ∫ p^(1/T) of a Gaussian, in closed form: what divides the power so that it is a density.
      const normaliser = logSigmas.reduce((all, s) => all + Math.log(T) / 2 + (1 - 1 / T) * (s + Math.log(2 * Math.PI) / 2), 0);
      return nll / T + normaliser;
    });
    const distribution = made(boxSpace([2]), outputs);
    expect(relativeError(await distribution.tempered(T).nll(box(values, 2)).read(), powered)).toBeLessThan(1e-5);
    expect(distribution.tempered(1)).toBe(distribution);
  });

  test('−log p of a record is the sum of its parts’', async () => {
    using _scope = device.scope();
    const [outputs, move, jump] = [wave(N * 11, 3), wave(N * 3, 2), [4, 0, 1, 2, 2, 1, 3]];
    const expected = (T: number): number[] => {
      const [gaussian, logits] = [part(outputs, 11, 0, 6), part(outputs, 11, 6, 11)];
      const tempered = gaussian.map((x, i) => (i % 6 < 3 ? x : x + Math.log(T) / 2));
      const first = gaussianNll(tempered, 3, move);
      return categoricalNll(
        logits.map((x) => x / T),
        5,
        jump,
      ).map((nll, i) => nll + first[i]);
    };
    const distribution = made(both, outputs);
    expect(distribution.parameters.map(({ shape }) => shape)).toEqual([
      [N, 3],
      [N, 3],
      [N, 5],
    ]);
    expect(relativeError(await distribution.nll([box(move, 3), classes(jump)]).read(), expected(1))).toBeLessThan(1e-5);
    const cool = distribution.tempered(0.5).nll([box(move, 3), classes(jump)]);
    expect(relativeError(await cool.read(), expected(0.5))).toBeLessThan(1e-5);
  });

  test.each<[string, Space, number]>([
    ['classes', discreteSpace(5), 1],
    ['boxes', boxSpace([3]), 1],
    ['a record', both, 1],
    ['classes, tempered', discreteSpace(5), 0.5],
    ['boxes, tempered', boxSpace([3]), 0.5],
  ])('gradients of %s agree with differences', async (_, space, temperature) => {
    const columns = headOutputs(space, 'action');
    const weights = wave(N, 9);
    const errors = await gradientErrors(device, { outputs: { data: wave(N * columns, 1), shape: [N, columns] } }, ({ outputs }) => {
      const seen = { move: box(wave(N * 3, 2), 3), jump: classes([4, 0, 1, 2, 2, 1, 3]) };
      const values = space.kind === 'record' ? [seen.move, seen.jump] : space.kind === 'box' ? seen.move : seen.jump;
      return sum(mul(distributionOf(space, outputs, 'action').tempered(temperature).nll(values), device.tensor(weights)));
    });
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
  });

  const DRAWS = 1 << 15;
  const repeated = (row: readonly number[], rows = DRAWS): Float32Array =>
    Float32Array.from({ length: rows * row.length }, (_, i) => row[i % row.length]);
  const moments = (values: ArrayLike<number>): { mean: number; variance: number } => {
    const all = Array.from(values);
    const mean = all.reduce((total, x) => total + x, 0) / all.length;
    return { mean, variance: all.reduce((total, x) => total + (x - mean) ** 2, 0) / all.length };
  };

  test.each([1, 0.25])('many draws at temperature %f have the frequencies, mean and variance that are asked for', async (temperature) => {
    using _scope = device.scope();
    const random = new RandomState(device, 3);
    const [mean, logSigma] = [
      [0.5, -1],
      [0.3, -0.7],
    ];
    const logits = [0, 1, -0.5];
    const space = { kind: 'record', parts: { move: boxSpace([2]), jump: discreteSpace(3) } } as const;
    const distribution = made(space, repeated([...mean, ...logSigma, ...logits])).tempered(temperature);
    const [move, jump] = await device.read([...distribution.sample(random, 7)]);
    for (const i of [0, 1]) {
      const found = moments(part(move, 2, i, i + 1));
      const variance = temperature * Math.exp(2 * logSigma[i]);
      // Five standard errors.
      expect(Math.abs(found.mean - mean[i])).toBeLessThan(5 * Math.sqrt(variance / DRAWS));
      expect(Math.abs(found.variance / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / DRAWS));
    }
    const total = logits.reduce((all, x) => all + Math.exp(x / temperature), 0);
    for (const [k, logit] of logits.entries()) {
      const p = Math.exp(logit / temperature) / total;
      const share = Array.from(jump).filter((value) => value === k).length / DRAWS;
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / DRAWS));
    }
    // The numbers of a box are drawn apart, and so are the parts of a record.
    const [first, second] = [part(move, 2, 0, 1), part(move, 2, 1, 2)];
    const correlation = (a: readonly number[], b: readonly number[]): number => {
      const [of, other] = [moments(a), moments(b)];
      const product = a.reduce((all, x, i) => all + (x - of.mean) * (b[i] - other.mean), 0) / a.length;
      return product / Math.sqrt(of.variance * other.variance);
    };
    expect(Math.abs(correlation(first, second))).toBeLessThan(5 / Math.sqrt(DRAWS));
    expect(Math.abs(correlation(first, Array.from(jump)))).toBeLessThan(5 / Math.sqrt(DRAWS));
    random.dispose();
  });

  test.each<[string, Space]>([
    ['classes', discreteSpace(5)],
    ['boxes', boxSpace([3])],
    ['a record', both],
  ])('what is recorded of draws of %s is their log-probability, at its place', async (_, space) => {
    using _scope = device.scope();
    const random = new RandomState(device, 4);
    const columns = headOutputs(space, 'action');
    for (const temperature of [1, 0.5]) {
      const distribution = made(space, wave(N * columns, 2)).tempered(temperature);
      const logProb = device.tensor(new Float32Array(10).fill(99), [10, 1]);
      // Row 3 has no place.
      const places = [9, 0, 4, 0xffffffff, 2, 7, 1];
      const values = distribution.sample(random, 1, { into: { logProb, place: device.tensor(Uint32Array.from(places)) } });
      const [recorded, nll] = await device.read([logProb, distribution.nll(values)]);
      for (const [row, place] of places.entries()) if (place < 10) expect(recorded[place]).toBeCloseTo(-nll[row], 5);
      for (const place of [3, 5, 6, 8]) expect(recorded[place]).toBe(99);
    }
    random.dispose();
  });

  test.each<[string, Space]>([
    ['classes', discreteSpace(5)],
    ['boxes', boxSpace([3])],
    ['a record', both],
  ])('draws of %s belong to their owner, wherever its row lies', async (_, space) => {
    using _scope = device.scope();
    const random = new RandomState(device, 4);
    const columns = headOutputs(space, 'action');
    const outputs = wave(N * columns, 2);
    const owners = [5, 0, 6, 3];
    const moved = Float32Array.from(owners.flatMap((owner) => [...outputs.subarray(owner * columns, (owner + 1) * columns)]));
    const whole = await device.read([...made(space, outputs).sample(random, 1)]);
    const some = await device.read([...made(space, moved).sample(random, 1, { owner: device.tensor(Uint32Array.from(owners)) })]);
    const again = await device.read([...made(space, outputs).sample(random, 2)]);
    for (const [leaf, values] of whole.entries()) {
      const size = values.length / N;
      for (const [row, owner] of owners.entries())
        expect(some[leaf].subarray(row * size, (row + 1) * size)).toEqual(values.subarray(owner * size, (owner + 1) * size));
      expect(again[leaf]).not.toEqual(values);
    }
    random.dispose();
  });
});

test.each<[string, Space, string]>([
  ['rows', rowsSpace(9, 2), 'No head for action: 2 rows of 9, expected discrete, f32 boxes, or records of these'],
  ['a picture', picture, 'No head for action: u8 [8, 8, 3], expected discrete'],
  ['a record with a picture', { kind: 'record', parts: { legs: boxSpace([2]), eye: picture } }, 'No head for action.eye: u8 [8, 8, 3]'],
])('there is no head for %s', (_, space, words) => {
  let error: unknown;
  try {
    headOutputs(space, 'action');
  } catch (found) {
    error = found;
  }
  expect(error).toBeInstanceOf(CoxswainError);
  expect(error).toMatchObject({ code: 'bad-space' });
  expect((error as Error).message).toContain(words);
});
