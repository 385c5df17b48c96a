import { describe, expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, randomUniform, relativeError, runKernel, testDevice } from '../testing/harness.js';
import {
  type GruForwardShape,
  gruBackward,
  gruBackwardRows,
  gruBackwardSubgroups,
  gruBackwardWorkgroup,
  gruCell,
  gruForward,
  gruForwardRows,
  gruForwardSubgroups,
  gruForwardWorkgroup,
  gruKernels,
} from './index.js';
import { gruBackwardReference, gruForwardReference } from './reference.js';

const portable = { name: 'portable', forward: gruForward, backward: gruBackward };
const subgroups = { name: 'subgroups', forward: gruForwardSubgroups, backward: gruBackwardSubgroups };
const rows = { name: 'rows', forward: gruForwardRows, backward: gruBackwardRows };
const workgroup = { name: 'workgroup', forward: gruForwardWorkgroup, backward: gruBackwardWorkgroup };
type Pair = typeof portable;
const { traits } = await testDevice();
const shared = gruKernels(4, traits).forward === gruForwardSubgroups;
/** Every pair of kernels that runs here at this width. */
const pairs = (hidden: number): Pair[] => [
  portable,
  workgroup,
  ...(shared ? [rows] : []),
  ...(shared && hidden % 4 === 0 ? [subgroups] : []),
];

/** Lengths and, where sequences are packed, where each time begins and the last ends. */
function lengthsOf({ batch, time, withLengths, rows }: GruForwardShape): Uint32Array {
  if (!withLengths) return new Uint32Array(4);
  const lengths = Uint32Array.from(randomUniform(batch, 5), (u) => Math.floor(u * (time + 1)));
  if (rows === 0) return lengths;
  lengths.sort((a, b) => b - a);
  const begins = [0];
  for (let t = 0; t < time; t++) begins.push(begins[t] + lengths.filter((length) => length > t).length);
  expect(begins[time]).toBeLessThanOrEqual(rows);
  return Uint32Array.of(...lengths, ...begins);
}

const rowsOf = ({ batch, time, rows }: GruForwardShape): number => rows || batch * time;

function inputs(shape: GruForwardShape, scale = 1) {
  const { batch, hidden, initial } = shape;
  return {
    gates: randomNormal(rowsOf(shape) * 3 * hidden, 1, scale),
    whh: randomNormal(3 * hidden * hidden, 2, scale * hidden ** -0.5),
    bhh: randomNormal(3 * hidden, 3, 0.1 * scale),
    h0: initial ? randomNormal(batch * hidden, 4) : new Float32Array(4),
    lengths: lengthsOf(shape),
  };
}

async function both({ forward: forwardKernel, backward: backwardKernel }: Pair, shape: GruForwardShape, data: ReturnType<typeof inputs>) {
  const size = rowsOf(shape) * shape.hidden;
  const forward = await runKernel(forwardKernel, shape, { ...data, out: poison(size), previous: poison(size), saved: poison(4 * size) });
  const dy = randomNormal(size, 6);
  const backward = await runKernel(backwardKernel, shape, {
    dy,
    whh: data.whh,
    previous: forward.previous,
    saved: forward.saved,
    lengths: data.lengths,
    dgates: poison(3 * size),
    dgatesHidden: poison(3 * size),
    dh0: poison(shape.batch * shape.hidden),
  });
  const reference = gruForwardReference(shape, data);
  const gradient = gruBackwardReference(shape, { dy, whh: data.whh, ...reference, lengths: data.lengths });
  return { forward, backward, reference, gradient };
}

test('the choice of kernels', () => {
  const subgroups = { min: 8, max: 8 };
  expect(gruKernels(12, { family: 'software', f16: false, subgroups }).forward).toBe(gruForwardSubgroups);
  expect(gruKernels(68, { family: 'software', f16: false, subgroups })).toEqual({ forward: gruForwardRows, backward: gruBackwardRows });
  expect(gruKernels(132, { family: 'software', f16: false, subgroups }).forward).toBe(gruForward);
  expect(gruKernels(13, { family: 'software', f16: false, subgroups }).forward).toBe(gruForwardRows);
  expect(gruKernels(13, { family: 'software', f16: false }).forward).toBe(gruForward);
  expect(gruKernels(13, { family: 'gpu', f16: false })).toEqual({ forward: gruForwardWorkgroup, backward: gruBackwardWorkgroup });
  expect(gruKernels(300, { family: 'gpu', f16: false }).backward).toBe(gruBackward);
});

const plain = { withLengths: 0, reverse: 0, rows: 0, initial: 1, save: 1 } as const;

const shapes: GruForwardShape[] = [
  { batch: 1, time: 1, hidden: 1, ...plain },
  { batch: 3, time: 5, hidden: 29, ...plain },
  { batch: 1, time: 3, hidden: 4, ...plain },
  { batch: 33, time: 4, hidden: 32, ...plain, initial: 0 },
  { batch: 37, time: 9, hidden: 7, ...plain, withLengths: 1 },
  { batch: 37, time: 9, hidden: 12, ...plain, withLengths: 1, reverse: 1 },
  { batch: 70, time: 6, hidden: 44, ...plain, withLengths: 1 },
  { batch: 70, time: 6, hidden: 64, ...plain, withLengths: 1, reverse: 1, initial: 0 },
  { batch: 1, time: 4, hidden: 4, ...plain, withLengths: 1, rows: 4 },
  { batch: 37, time: 9, hidden: 7, ...plain, withLengths: 1, rows: 300, initial: 0 },
  { batch: 70, time: 6, hidden: 44, ...plain, withLengths: 1, rows: 222 },
  { batch: 70, time: 6, hidden: 64, ...plain, withLengths: 1, rows: 400, reverse: 1 },
];
const cases = shapes.flatMap((shape) => pairs(shape.hidden).map((pair) => ({ ...shape, pair, name: pair.name })));

test.each(cases)(
  '$name: gru and its gradient at $batch × $time × $hidden, lengths $withLengths, packed rows $rows, reverse $reverse',
  async ({ pair, name, ...shape }) => {
    const { forward, backward, reference, gradient } = await both(pair, shape, inputs(shape));
    expect(relativeError(forward.out, reference.out)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(forward.previous, reference.previous)).toBeLessThanOrEqual(1e-5);
    for (const output of ['dgates', 'dgatesHidden', 'dh0'] as const)
      expect(relativeError(backward[output], gradient[output]), `${name} ${output}`).toBeLessThanOrEqual(1e-4);
  },
);

test.each([
  { rows: 1, hidden: 1 },
  { rows: 37, hidden: 7 },
  { rows: 300, hidden: 12 },
  { rows: 512, hidden: 64 },
])('a step from both projections: $rows × $hidden', async ({ rows, hidden }) => {
  const shape = { batch: rows, time: 1, hidden, ...plain } satisfies GruForwardShape;
  const { gates, whh, bhh, h0, lengths } = inputs(shape);
  const recurrent = Float32Array.from({ length: rows * 3 * hidden }, (_, i) => {
    const [row, j] = [Math.floor(i / (3 * hidden)), i % (3 * hidden)];
    let sum = bhh[j];
    for (let k = 0; k < hidden; k++) sum += whh[j * hidden + k] * h0[row * hidden + k];
    return sum;
  });
  const { out } = await runKernel(gruCell, { rows, hidden }, { gates, recurrent, h0, out: poison(rows * hidden) });
  expect(relativeError(out, gruForwardReference(shape, { gates, whh, bhh, h0, lengths }).out)).toBeLessThanOrEqual(1e-5);
});

describe.each(pairs(12))('$name', (pair) => {
  test('the same launch gives the same bits', async () => {
    const shape = { batch: 37, time: 9, hidden: 12, ...plain, withLengths: 1, reverse: 1 } satisfies GruForwardShape;
    const [one, two] = [await both(pair, shape, inputs(shape)), await both(pair, shape, inputs(shape))];
    expect(two.forward.out).toEqual(one.forward.out);
    expect(two.backward).toEqual(one.backward);
  });

  test('saturated gates stay finite and exact', async () => {
    const shape = { batch: 5, time: 4, hidden: 12, ...plain } satisfies GruForwardShape;
    const { forward, backward, reference, gradient } = await both(pair, shape, inputs(shape, 300));
    expect(relativeError(forward.out, reference.out)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(backward.dh0, gradient.dh0)).toBeLessThanOrEqual(1e-4);
  });

  test('without save, the buffers for the backward pass are left alone', async () => {
    const shape = { batch: 5, time: 3, hidden: 12, ...plain, save: 0 } satisfies GruForwardShape;
    const data = inputs(shape);
    const result = await runKernel(pair.forward, shape, { ...data, out: poison(180), previous: poison(4), saved: poison(4) });
    expect(relativeError(result.out, gruForwardReference(shape, data).out)).toBeLessThanOrEqual(1e-5);
    expect([...result.previous, ...result.saved].every(Number.isNaN)).toBe(true);
  });
});

describe.each(['gru', 'odd/gru'])('golden %s', (file) => {
  const golden = readGolden(file);
  const [batch, time, width] = golden.x.shape;
  const hidden = golden.h0.shape[1];
  const shape = { batch, time, hidden, ...plain } satisfies GruForwardShape;
  /** x·W_ihᵀ + b_ih in float64: another kernel's work. */
  const gates = Float32Array.from({ length: batch * time * 3 * hidden }, (_, i) => {
    const [row, j] = [Math.floor(i / (3 * hidden)), i % (3 * hidden)];
    let sum = golden.b_ih.data[j];
    for (let k = 0; k < width; k++) sum += golden.x.data[row * width + k] * golden.w_ih.data[j * width + k];
    return sum;
  });

  test.each(pairs(hidden))('$name: states and gradients agree with PyTorch', async (pair) => {
    const size = batch * time * hidden;
    const whh = f32(golden.w_hh);
    const lengths = new Uint32Array(4);
    const kept = { out: poison(size), previous: poison(size), saved: poison(4 * size) };
    const forward = await runKernel(pair.forward, shape, { gates, whh, bhh: f32(golden.b_hh), h0: f32(golden.h0), lengths, ...kept });
    expect(relativeError(forward.out, golden.h.data)).toBeLessThanOrEqual(1e-5);
    const { previous, saved } = forward;
    const grads = { dgates: poison(3 * size), dgatesHidden: poison(3 * size), dh0: poison(batch * hidden) };
    const backward = await runKernel(pair.backward, shape, { dy: f32(golden.dy), whh, previous, saved, lengths, ...grads });
    expect(relativeError(backward.dh0, golden.dh0.data)).toBeLessThanOrEqual(1e-4);
    // The projections around the recurrence, in float64.
    const outer = (left: ArrayLike<number>, right: ArrayLike<number>, columns: number) => {
      const sum = new Float64Array(3 * hidden * columns);
      for (let row = 0; row < batch * time; row++)
        for (let j = 0; j < 3 * hidden; j++)
          for (let k = 0; k < columns; k++) sum[j * columns + k] += left[row * 3 * hidden + j] * right[row * columns + k];
      return sum;
    };
    const ones = new Float64Array(batch * time).fill(1);
    expect(relativeError(outer(backward.dgatesHidden, previous, hidden), golden.dw_hh.data)).toBeLessThanOrEqual(1e-4);
    expect(relativeError(outer(backward.dgatesHidden, ones, 1), golden.db_hh.data)).toBeLessThanOrEqual(1e-4);
    expect(relativeError(outer(backward.dgates, golden.x.data, width), golden.dw_ih.data)).toBeLessThanOrEqual(1e-4);
    expect(relativeError(outer(backward.dgates, ones, 1), golden.db_ih.data)).toBeLessThanOrEqual(1e-4);
    const dx = Float64Array.from({ length: batch * time * width }, (_, i) => {
      const [row, k] = [Math.floor(i / width), i % width];
      let sum = 0;
      for (let j = 0; j < 3 * hidden; j++) sum += backward.dgates[row * 3 * hidden + j] * golden.w_ih.data[j * width + k];
      return sum;
    });
    expect(relativeError(dx, golden.dx.data)).toBeLessThanOrEqual(1e-4);
  });
});
