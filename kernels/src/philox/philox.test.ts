import { openUniform, philox4x32 } from '@coxswain/base';
import { describe, expect, test } from 'vitest';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { dropout, philoxCategorical, philoxLogistic, philoxNormal, philoxState, philoxUniform, philoxWords } from './index.js';
import { categoricalReference, dropoutReference, logisticReference, normalReference, uniformReference } from './reference.js';

const key: [number, number] = [0xdeadbeef, 0x01234567];
const state = philoxState(key, 2 ** 33 + 5);
const NOBODY = new Uint32Array(1);
const plain = (count: number, stream: number) => ({ count, stream, owned: 0, columns: 1 });

test('state holds the step as 64 bits', () => {
  expect(Array.from(state)).toEqual([0xdeadbeef, 0x01234567, 5, 2]);
  expect(() => philoxState(key, -1)).toThrow('non-negative');
});

test.each([1, 6, 63, 4097])('%i words and uniforms: the same bits on the device as on the host', async (count) => {
  for (const stream of [0, 0xfffffffe]) {
    const { out } = await runKernel(philoxWords, plain(count, stream), { state, owner: NOBODY, out: poison(count) });
    const words = new Uint32Array(out.buffer);
    const expected = Uint32Array.from({ length: count }, (_, i) => philox4x32([i >> 2, stream, state[2], state[3]], key)[i % 4]);
    expect(words).toEqual(expected);
    const uniform = (await runKernel(philoxUniform, plain(count, stream), { state, owner: NOBODY, out: poison(count) })).out;
    expect(relativeError(uniform, uniformReference(plain(count, stream), state))).toBe(0);
  }
});

test('a million normals are right where the logarithm is near 0 and the angle large, too', async () => {
  const shape = plain(2 ** 20, 3);
  const { out } = await runKernel(philoxNormal, shape, { state, owner: NOBODY, out: poison(shape.count) });
  const expected = normalReference(shape, state);
  let worst = 0;
  for (let i = 0; i < shape.count; i++) worst = Math.max(worst, Math.abs(out[i] - expected[i]));
  // llvmpipe: 6e-7; by log(u) and the cosine of 2πu 4e-5. WGSL lets a cosine be off by 2⁻¹¹.
  expect(worst).toBeLessThan(4e-6);
});

test.each([1, 2, 3, 4, 6, 8, 9])('rows of %i columns that belong to others: what those would have drawn', async (columns) => {
  const owner = Uint32Array.of(7, 0, 3, 3, 1000);
  const { out: whole } = await runKernel(philoxNormal, plain(1001 * columns, 2), { state, owner: NOBODY, out: poison(1001 * columns) });
  const count = owner.length * columns;
  const { out } = await runKernel(philoxNormal, { count, stream: 2, owned: 1, columns }, { state, owner, out: poison(count) });
  owner.forEach((row, i) => {
    expect(out.subarray(i * columns, (i + 1) * columns)).toEqual(whole.subarray(row * columns, (row + 1) * columns));
  });
});

test('uniforms stay inside the open interval and are exact in f32', () => {
  for (const word of [0, 0xffffffff, 0x12345678]) {
    const u = openUniform(word);
    expect(u).toBeGreaterThan(0);
    expect(u).toBeLessThan(1);
    expect(Math.fround(u)).toBe(u);
  }
});

describe('distributions', () => {
  const count = 100_003;

  test('normal', async () => {
    const { out } = await runKernel(philoxNormal, plain(count, 3), { state, owner: NOBODY, out: poison(count) });
    expect(relativeError(out, normalReference(plain(count, 3), state))).toBeLessThanOrEqual(1e-5);
    const mean = out.reduce((sum, x) => sum + x, 0) / count;
    const variance = out.reduce((sum, x) => sum + x * x, 0) / count;
    const kurtosis = out.reduce((sum, x) => sum + x ** 4, 0) / count;
    // Four standard errors.
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(4 * Math.sqrt(96 / count));
  });

  test('logistic', async () => {
    const { out } = await runKernel(philoxLogistic, plain(count, 4), { state, owner: NOBODY, out: poison(count) });
    expect(relativeError(out, logisticReference(plain(count, 4), state))).toBeLessThanOrEqual(1e-5);
    expect(out.filter((x) => x > 1).length / count).toBeCloseTo(1 / (1 + Math.E), 2);
  });

  test.each([
    [1, 1],
    [111, 7],
    [1001, 16],
  ])('categorical: %i rows of %i classes', async (rows, classes) => {
    const logits = randomNormal(rows * classes, 1, 2);
    const owner = Uint32Array.from({ length: rows }, (_, row) => (row * 7919) % 10_007);
    const outputs = { index: poison(rows), logProb: poison(rows) };
    const moved = { rows, classes, stream: 5, owned: 1, placed: 0, places: 0, sharpness: 2 };
    const place = Uint32Array.from({ length: rows }, (_, row) => (row % 3 ? 2 * row : 0xffffffff));
    const given = { state, logits, owner, place };
    const theirs = await runKernel(philoxCategorical, moved, { ...given, ...outputs });
    expect(new Int32Array(theirs.index.buffer)).toEqual(categoricalReference(moved, state, logits, owner).index);
    const shape = { ...moved, owned: 0 };
    const { index, logProb } = await runKernel(philoxCategorical, shape, { ...given, ...outputs });
    const expected = categoricalReference(shape, state, logits);
    expect(new Int32Array(index.buffer)).toEqual(expected.index);
    if (classes === 1) expect(Math.abs(logProb[0])).toBeLessThanOrEqual(1e-6);
    else expect(relativeError(logProb, expected.logProb)).toBeLessThanOrEqual(1e-5);
    const before = randomNormal(2 * rows, 2);
    const scattered = { ...given, index: poison(rows), logProb: before };
    const placed = await runKernel(philoxCategorical, { ...shape, placed: 1, places: 2 * rows }, scattered);
    expect(placed.index).toEqual(index);
    expect(placed.logProb).toEqual(before.map((value, i) => (i % 2 === 0 && (i / 2) % 3 ? logProb[i / 2] : value)));
  });

  test('categorical frequencies, and classes that are ruled out', async () => {
    const rows = 20_000;
    const logits = Float32Array.from({ length: rows * 4 }, (_, i) => [Math.log(0.2), -1e30, Math.log(0.7), Math.log(0.1)][i % 4]);
    const { index } = await runKernel(
      philoxCategorical,
      { rows, classes: 4, stream: 0, owned: 0, placed: 0, places: 0, sharpness: 1 },
      { state, logits, owner: new Uint32Array(1), place: new Uint32Array(1), index: poison(rows), logProb: poison(rows) },
    );
    const counts = [0, 0, 0, 0];
    for (const k of new Int32Array(index.buffer)) counts[k]++;
    expect(counts[1]).toBe(0);
    [0.2, 0, 0.7, 0.1].forEach((p, k) => {
      expect(Math.abs(counts[k] / rows - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / rows));
    });
  });

  test.each(['software', 'gpu'] as const)('a row that is no distribution gives class 0 and NaN, on %s', async (family) => {
    const { NaN: nan, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: never } = Number;
    const rows = [
      [0, nan, 0, 0],
      [nan, 1, 2, 3],
      [nan, nan, nan, nan],
      [0, 1, infinity, 2],
      [never, never, never, never],
      [never, never, never, 1],
      [0, never, 0, never],
    ];
    const sizes = { rows: rows.length, classes: 4, stream: 0, owned: 0, placed: 0, places: 0, sharpness: 2 };
    const given = { state, logits: Float32Array.from(rows.flat()), owner: new Uint32Array(1), place: new Uint32Array(1) };
    const outputs = { index: poison(rows.length), logProb: poison(rows.length) };
    const out = await runKernel(philoxCategorical, sizes, { ...given, ...outputs }, { family });
    const index = Array.from(new Int32Array(out.index.buffer));
    expect(index.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 3]);
    expect(index[6] % 2).toBe(0);
    expect(Array.from(out.logProb, Number.isNaN)).toEqual([true, true, true, true, true, false, false]);
    expect(out.logProb[5]).toBeCloseTo(0, 5);
    expect(out.logProb[6]).toBeCloseTo(-Math.LN2, 5);
  });

  test.each(['software', 'gpu'] as const)('dropout, on %s', async (family) => {
    for (const [length, probability] of [
      [1, 0.5],
      [1003, 0.1],
      [20_000, 0.9],
    ]) {
      const x = randomNormal(length, 6);
      const shape = { count: length, stream: 3, probability, scale: 1 / (1 - probability) };
      const { out } = await runKernel(dropout, shape, { state, x, out: poison(length) }, { family });
      expect(relativeError(out, dropoutReference(shape, state, x))).toBeLessThanOrEqual(1e-6);
      const kept = out.filter((value) => value !== 0).length;
      expect(Math.abs(kept / length - (1 - probability))).toBeLessThanOrEqual(4 * Math.sqrt((probability * (1 - probability)) / length));
    }
    const x = Float32Array.from({ length: 400 }, (_, i) => (i % 2 ? Number.NaN : Number.POSITIVE_INFINITY));
    const shape = { count: 400, stream: 3, probability: 0.5, scale: 2 };
    const { out } = await runKernel(dropout, shape, { state, x, out: poison(400) }, { family });
    expect(Array.from(out)).toEqual(Array.from(dropoutReference(shape, state, x)));
  });
});
