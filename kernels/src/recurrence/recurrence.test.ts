/** Cells by every schedule: what is not a number arrives, and a cell is one text. */
import { describe, expect, test } from 'vitest';
import { elmanRecurrence } from '../elman/index.js';
import { gruRecurrence } from '../gru/index.js';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel, testDevice } from '../testing/harness.js';
import { type Cell, type Passes, type Recurrence, type RecurrenceForwardShape, recurrence } from './index.js';

const { traits } = await testDevice();
const schedules = (['any', 'rows', 'subgroups', 'workgroup'] as const).filter(
  (name) => name === 'any' || name === 'workgroup' || traits.subgroups !== undefined,
);
const plain = { withLengths: 0, reverse: 0, rows: 0, initial: 1, save: 1 } as const;
const none = new Uint32Array(4);

type Inputs = Record<'gates' | 'whh' | 'bhh' | 'h0', Float32Array>;
const inputsOf = ({ cell }: Recurrence, { batch, time, hidden }: RecurrenceForwardShape): Inputs => ({
  gates: randomNormal(batch * time * cell.gates * hidden, 1),
  whh: randomNormal(cell.gates * hidden * hidden, 2, hidden ** -0.5),
  bhh: randomNormal(cell.gates * hidden, 3, 0.1),
  h0: randomNormal(batch * hidden, 4),
});

async function run({ forward, backward }: Passes, { cell }: Recurrence, shape: RecurrenceForwardShape, inputs: Inputs, dy: Float32Array) {
  const size = shape.batch * shape.time * shape.hidden;
  const kept = { out: poison(size), previous: poison(size), saved: poison(cell.kept * size) };
  const { out, previous, saved } = await runKernel(forward, shape, { ...inputs, lengths: none, ...kept });
  const gradients = { dgates: poison(cell.gates * size), dgatesHidden: poison(cell.gates * size), dh0: poison(shape.batch * shape.hidden) };
  const given = { dy, whh: inputs.whh, previous, saved, lengths: none };
  const { dgates, dgatesHidden, dh0 } = await runKernel(backward, shape, { ...given, ...gradients });
  return { out, dgates, dgatesHidden, dh0 };
}

/** States of a cell of one gate, h' = next(x + W h + b, h), in float64. */
function states(
  { batch, time, hidden }: RecurrenceForwardShape,
  { gates, whh, bhh, h0 }: Inputs,
  next: (sum: number, before: number) => number,
) {
  const out = new Float64Array(batch * time * hidden);
  for (let b = 0; b < batch; b++) {
    let h = Float64Array.from(h0.subarray(b * hidden, (b + 1) * hidden));
    for (let t = 0; t < time; t++) {
      const at = (b * time + t) * hidden;
      h = h.map((before, j) => next(gates[at + j] + bhh[j] + h.reduce((sum, value, k) => sum + whh[j * hidden + k] * value, 0), before));
      out.set(h, at);
    }
  }
  return out;
}

/** ∂(dy·out)/∂h0 by central differences of the float64 states. */
function differences(
  shape: RecurrenceForwardShape,
  inputs: Inputs,
  dy: Float32Array,
  next: (sum: number, before: number) => number,
): Float64Array {
  const value = (i: number, shift: number): number => {
    const h0 = Float64Array.from(inputs.h0) as unknown as Float32Array;
    h0[i] += shift;
    return states(shape, { ...inputs, h0 }, next).reduce((sum, state, at) => sum + state * dy[at], 0);
  };
  return Float64Array.from(inputs.h0, (_, i) => (value(i, 1e-5) - value(i, -1e-5)) / 2e-5);
}

/** A leaky integrator: h' = h / 2 + sin(x + W h + b), a cell that no file of the repository has. */
const leaky: Cell = {
  name: 'leaky',
  gates: 1,
  kept: 1,
  flops: [4, 3],
  text: `import fragments::recurrence;
fn advance(projected: Gates, recurrent: Gates, before: Value) -> Step {
  let sum = projected[0] + recurrent[0];
  return Step(before * 0.5 + sin(sum), Kept(sum));
}
fn retreat(dh: Value, before: Value, kept: Kept) -> Slopes {
  return Slopes(Gates(dh * cos(kept[0])), Gates(dh * cos(kept[0])), dh * 0.5);
}
`,
};

const shape: RecurrenceForwardShape = { batch: 5, time: 4, hidden: 8, ...plain };

describe.each(schedules)('%s', (name) => {
  test.each([
    { cell: elmanRecurrence, next: (sum: number) => Math.tanh(sum) },
    { cell: recurrence(leaky), next: (sum: number, before: number) => before / 2 + Math.sin(sum) },
  ])('$cell.cell.name and its gradient', async ({ cell, next }) => {
    const [inputs, dy] = [inputsOf(cell, shape), randomNormal(160, 5)];
    const { out, dh0, dgates, dgatesHidden } = await run(cell[name], cell, shape, inputs, dy);
    expect(relativeError(out, states(shape, inputs, next))).toBeLessThan(1e-5);
    expect(relativeError(dh0, differences(shape, inputs, dy, next))).toBeLessThan(1e-4);
    expect(dgatesHidden).toEqual(dgates);
  });

  test('golden rnn: states and gradients agree with PyTorch', async () => {
    const golden = readGolden('more/rnn');
    const [batch, time, hidden] = golden.x.shape;
    const inputs = { gates: f32(golden.x), whh: f32(golden.w_hh), bhh: f32(golden.b_hh), h0: f32(golden.h0) };
    const torch = { batch, time, hidden, ...plain } satisfies RecurrenceForwardShape;
    const { out, dgates, dh0 } = await run(elmanRecurrence[name], elmanRecurrence, torch, inputs, f32(golden.dy));
    expect(relativeError(out, golden.h.data)).toBeLessThan(1e-5);
    expect(relativeError(dgates, golden.dx.data)).toBeLessThan(1e-4);
    expect(relativeError(dh0, golden.dh0.data)).toBeLessThan(1e-4);
  });

  test('NaN in an input, a state or a weight arrives in the row it belongs to, from its step on, and in the gradient', async () => {
    const inputs = inputsOf(gruRecurrence, shape);
    const dy = new Float32Array(160).fill(1);
    // Sequence 1 at time 2, the update gate of unit 3.
    inputs.gates[((1 * 4 + 2) * 3 + 1) * 8 + 3] = Number.NaN;
    inputs.h0[3 * 8 + 5] = Number.NaN;
    const { out, dgates, dh0 } = await run(gruRecurrence[name], gruRecurrence, shape, inputs, dy);
    const state = (b: number, t: number) => [...out.subarray((b * 4 + t) * 8, (b * 4 + t + 1) * 8)];
    for (const b of [0, 2, 4]) for (let t = 0; t < 4; t++) expect(state(b, t).every(Number.isFinite)).toBe(true);
    expect(state(1, 1).every(Number.isFinite)).toBe(true);
    expect(state(1, 2).map(Number.isNaN)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((unit) => unit === 3));
    expect(state(1, 3).every(Number.isNaN)).toBe(true);
    for (let t = 0; t < 4; t++) expect(state(3, t).every(Number.isNaN)).toBe(true);
    for (const b of [1, 3]) expect(dh0.subarray(b * 8, b * 8 + 8).every(Number.isNaN)).toBe(true);
    for (const b of [0, 2, 4]) expect(dh0.subarray(b * 8, b * 8 + 8).every(Number.isFinite)).toBe(true);
    expect(Number.isNaN(dgates[((1 * 4 + 2) * 3 + 1) * 8 + 3])).toBe(true);
    const weights = inputsOf(gruRecurrence, shape);
    weights.whh[2 * 64 + 5] = Number.NaN;
    const { out: all } = await run(gruRecurrence[name], gruRecurrence, shape, weights, dy);
    for (let b = 0; b < 5; b++) expect(Number.isNaN(all[(b * 4 + 3) * 8 + 2])).toBe(true);
  });

  test('infinite gates open and shut: as in PyTorch r 0, z 1 or 0, n ±1', async () => {
    const inputs = inputsOf(gruRecurrence, shape);
    for (let unit = 0; unit < 8; unit++) {
      inputs.gates[unit] = Number.NEGATIVE_INFINITY;
      inputs.gates[8 + unit] = unit < 4 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      inputs.gates[16 + unit] = unit % 2 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    }
    const { out } = await run(gruRecurrence[name], gruRecurrence, shape, inputs, new Float32Array(160).fill(1));
    for (let unit = 0; unit < 4; unit++) expect(out[unit]).toBeCloseTo(inputs.h0[unit], 6);
    expect([...out.subarray(4, 8)]).toEqual([-1, 1, -1, 1]);
  });
});

test('without subgroups every lane reads weights for itself, to the same result', async () => {
  const inputs = inputsOf(gruRecurrence, shape);
  const right = await run(gruRecurrence.any, gruRecurrence, shape, inputs, new Float32Array(160).fill(1));
  const alone: Passes = gruRecurrence.any;
  const kept = { out: poison(160), previous: poison(160), saved: poison(640) };
  const as = { subgroups: undefined };
  const { out, previous, saved } = await runKernel(alone.forward, shape, { ...inputs, lengths: none, ...kept }, as);
  expect(relativeError(out, Float64Array.from(right.out))).toBeLessThan(1e-6);
  const gradients = { dgates: poison(480), dgatesHidden: poison(480), dh0: poison(40) };
  const given = { dy: new Float32Array(160).fill(1), whh: inputs.whh, previous, saved, lengths: none };
  const { dh0 } = await runKernel(alone.backward, shape, { ...given, ...gradients }, as);
  expect(relativeError(dh0, Float64Array.from(right.dh0))).toBeLessThan(1e-6);
});
