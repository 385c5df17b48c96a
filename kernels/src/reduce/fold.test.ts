import { expect, test } from 'vitest';
import type { AdapterTraits, Family } from '../declaration.js';
import { type Data, poison, randomNormal, relativeError, runKernel, testDevice } from '../testing/harness.js';
import { FOLD, FOLD_SECOND, type FoldShape, fold, foldSpread, foldStages, ORDER, SPREAD, STATE_WORDS } from './index.js';
import { foldReference, foldSpreadReference } from './reference.js';

const FAMILIES: Family[] = ['software', 'gpu'];
const { traits } = await testDevice();
const unused = new Float32Array(4);
type Whole = Parameters<typeof foldStages>[0];

/** Runs the stages that the family takes; both outputs poisoned. */
async function runFold(
  whole: Whole,
  x: Data,
  family: Family,
): Promise<{ out: Float32Array; second: Float32Array; stages: readonly FoldShape[] }> {
  const adapter: AdapterTraits = { ...traits, family };
  const stages = foldStages(whole, adapter);
  const count = whole.outer * whole.inner;
  let states: Data = unused;
  let last: Record<string, Float32Array> = {};
  for (const stage of stages) {
    const joint = stage.toStates ? poison(count * stage.parts * STATE_WORDS) : unused;
    const results = { out: poison(count), second: poison(count) };
    last = await runKernel(fold, stage, { x, states, joint, ...results }, { family });
    states = last.joint;
  }
  return { out: last.out, second: last.second, stages };
}

const whole = (operation: number, outer: number, axis: number, inner: number, second: number = FOLD_SECOND.none): Whole => ({
  ...{ operation, second, order: ORDER.f32, outer, axis, inner },
  scale: 1 / Math.max(1, axis - 1),
});

const SIZES: [number, number, number][] = [
  [1, 1, 1],
  [37, 52, 1],
  [7, 13, 5],
  [3, 1, 9],
  [1, 3000, 7],
  [1, 20_001, 1],
  [2, 9001, 3],
];

for (const family of FAMILIES) {
  test.each(SIZES)(`extremes with their places and counts on ${family}: [%i, %i, %i]`, async (outer, axis, inner) => {
    // Few different values: ties everywhere.
    const x = randomNormal(outer * axis * inner, axis).map((value) => Math.round(4 * value) / 4);
    for (const operation of [FOLD.maximum, FOLD.minimum])
      for (const second of [FOLD_SECOND.index, FOLD_SECOND.count]) {
        const shape = whole(operation, outer, axis, inner, second);
        const result = await runFold(shape, x, family);
        const expected = foldReference(result.stages[0], x);
        expect(Array.from(result.out)).toEqual(Array.from(expected.out, (value) => value + 0));
        expect(Array.from(new Uint32Array(result.second.buffer))).toEqual(Array.from(expected.second));
      }
  });

  test.each(SIZES)(`moments and log-sum-exp on ${family}: [%i, %i, %i]`, async (outer, axis, inner) => {
    const x = randomNormal(outer * axis * inner, axis, 3).map((value) => value + 10);
    for (const operation of [FOLD.variance, FOLD.deviation, FOLD.logSumExp]) {
      const result = await runFold(whole(operation, outer, axis, inner), x, family);
      const expected = foldReference(result.stages[0], x);
      expect(relativeError(result.out, expected.out)).toBeLessThanOrEqual(3e-6);
      if (operation !== FOLD.logSumExp) expect(relativeError(result.second, expected.second)).toBeLessThanOrEqual(1e-6);
    }
  });

  test(`a variance does not cancel on ${family}: an outlier first, a mean a thousand times the deviation`, async () => {
    for (const axis of [1024, 4096, 65_536]) {
      const outlier = randomNormal(axis, 1);
      outlier[0] = 1000;
      const far = randomNormal(axis, 2).map((value) => value + 1000);
      for (const x of [outlier, far]) {
        const { out, stages } = await runFold(whole(FOLD.variance, 1, axis, 1), x, family);
        expect(relativeError(out, foldReference(stages[0], x).out)).toBeLessThanOrEqual(1e-5);
      }
    }
  });

  test.each([12, 20_001])(`NaN and infinities of every fold over %i elements on ${family}`, async (axis) => {
    const plain = Array.from(randomNormal(axis, 3));
    const put = (...values: number[]): number[] => plain.map((value, i) => values[(axis - 3 - i) / 4] ?? value);
    const rows = [
      put(Number.NaN),
      put(Infinity),
      put(-Infinity),
      put(Infinity, -Infinity),
      put(Infinity, Infinity),
      put(Infinity, Number.NaN),
    ];
    rows.push(
      plain.map(() => -Infinity),
      plain.map(() => Infinity),
      plain.map(() => Number.NaN),
    );
    rows.push(
      plain.map(() => 0),
      plain.map((_, i) => (i === axis - 1 ? -Number.NaN : -0)),
      put(1e18, -1e18),
      plain.map(() => 200),
    );
    const x = Float32Array.from(rows.flat());
    for (const operation of Object.values(FOLD)) {
      const { out, stages } = await runFold(whole(operation, rows.length, axis, 1), x, family);
      const expected = foldReference(stages[0], x).out;
      rows.forEach((_, row) => {
        const value = Math.fround(expected[row]);
        const said = `operation ${operation}, row ${row}`;
        if (Number.isFinite(value)) expect(Math.abs(out[row] - value), said).toBeLessThanOrEqual(1e-5 * Math.abs(value));
        else expect(out[row], said).toBe(value);
      });
    }
  });

  test.each([
    [ORDER.u32, Uint32Array.of(0, 7, 0xffffffff, 3, 0x80000000, 0xffffffff)],
    [ORDER.i32, Int32Array.of(-1, 7, -2147483648, 3, 2147483647, 0)],
  ])(`extremes and truths of integers on ${family}: order %i`, async (order, x) => {
    const numbers = Array.from(x);
    for (const operation of [FOLD.maximum, FOLD.minimum]) {
      const result = await runFold({ ...whole(operation, 1, 6, 1, FOLD_SECOND.index), order }, x, family);
      const best = operation === FOLD.maximum ? Math.max(...numbers) : Math.min(...numbers);
      const bits = order === ORDER.u32 ? new Uint32Array(result.out.buffer) : new Int32Array(result.out.buffer);
      expect(bits[0]).toBe(best);
      expect(new Uint32Array(result.second.buffer)[0]).toBe(numbers.indexOf(best));
    }
    for (const [operation, truth] of [
      [FOLD.any, 1],
      [FOLD.all, 0],
    ]) {
      const { out } = await runFold({ ...whole(operation, 1, 6, 1), order }, x, family);
      expect(new Uint32Array(out.buffer)[0]).toBe(truth);
    }
  });

  test.each(SIZES.slice(0, 4))(`gradients on ${family}: [%i, %i, %i]`, async (outer, axis, inner) => {
    const x = randomNormal(outer * axis * inner, 5).map((value) => Math.round(4 * value) / 4);
    if (axis > 1) x[Math.min(x.length - 1, inner)] = Number.NaN;
    const dout = randomNormal(outer * inner, 6);
    for (const [name, operation] of Object.entries(SPREAD)) {
      const scale = (operation === SPREAD.variance ? 2 : 1) / Math.max(1, axis - 1);
      const forward = whole(operation === SPREAD.extreme ? FOLD.maximum : FOLD[name as 'variance'], outer, axis, inner, FOLD_SECOND.count);
      const { out, second } = await runFold(forward, x, family);
      const shape = { operation, outer, axis, inner, scale };
      const { dx } = await runKernel(foldSpread, shape, { x, out, second, dout, dx: poison(x.length) }, { family });
      const expected = foldSpreadReference(shape, x, dout);
      expected.forEach((value, i) => {
        if (Number.isNaN(value)) expect(dx[i], `${name} ${i}`).toBeNaN();
        else expect(Math.abs(dx[i] - value), `${name} ${i}`).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)));
      });
    }
  });
}

test('short axes and many outputs take one launch, long ones two', () => {
  const software: AdapterTraits = { family: 'software', f16: false };
  const gpu: AdapterTraits = { family: 'gpu', f16: false };
  expect(foldStages(whole(FOLD.maximum, 1, 3000, 64), software)).toHaveLength(1);
  expect(foldStages(whole(FOLD.maximum, 1, 3000, 64), gpu)).toHaveLength(2);
  expect(foldStages(whole(FOLD.maximum, 70_000, 3000, 1), gpu)).toHaveLength(1);
  expect(foldStages(whole(FOLD.maximum, 1, 100_000, 1), software)).toHaveLength(2);
});
