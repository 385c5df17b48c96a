import { describe, expect, test } from 'vitest';
import { rgLruForward } from '../rg-lru/index.js';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, randomUniform, relativeError, runKernel } from '../testing/harness.js';
import {
  linearGradientScan,
  linearScan,
  maxScan,
  productScan,
  type Scan,
  type ScanOperator,
  type ScanShape,
  scan,
  scanChunks,
  sumScan,
} from './index.js';
import { linearRecurrenceReference, scanReference } from './reference.js';

type Family = 'software' | 'gpu';
const none = new Float32Array(4);

/** Both launches of a scan, with every output poisoned. */
async function run({ totals, scan }: Scan, shape: ScanShape, given: Record<string, Float32Array>, family: Family) {
  const needed = scan.lengths?.(shape, { family, f16: false }) ?? {};
  const outputs = scan.buffers.filter(({ access }) => access === 'read_write').map(({ name }) => [name, poison(needed[name])]);
  const carried =
    shape.chunks > 1 ? (await runKernel(totals, shape, { ...given, totals: poison(needed.totals) }, { family })).totals : none;
  return runKernel(scan, shape, { ...given, totals: carried, ...Object.fromEntries(outputs) }, { family });
}

const larger = (left: number, right: number): number => (left > right || Number.isNaN(left) ? left : right);
const shapes: ScanShape[] = [
  { outer: 1, time: 1, width: 1, reverse: 0, initial: 0, chunks: 1 },
  { outer: 3, time: 17, width: 5, reverse: 1, initial: 0, chunks: 1 },
  { outer: 2, time: 130, width: 1, reverse: 0, initial: 1, chunks: 4 },
  { outer: 5, time: 70, width: 12, reverse: 1, initial: 1, chunks: 7 },
  // More chunks than the last of them have elements for.
  { outer: 2, time: 9, width: 4, reverse: 0, initial: 0, chunks: 6 },
];

describe.each(['software', 'gpu'] as const)('%s', (family) => {
  test.each(shapes)('$outer × $time × $width, reverse $reverse, chunks $chunks: sum, product and maximum', async (shape) => {
    const x = randomNormal(shape.outer * shape.time * shape.width, 1);
    const near = x.map((value) => 1 + value / 20);
    const sums = (await run(sumScan, shape, { x }, family)).out;
    expect(
      relativeError(
        sums,
        scanReference(shape, x, (left, right) => left + right),
      ),
    ).toBeLessThan(1e-5);
    expect((await run(sumScan, shape, { x }, family)).out).toEqual(sums);
    const products = (await run(productScan, shape, { x: near }, family)).out;
    expect(
      relativeError(
        products,
        scanReference(shape, near, (left, right) => left * right),
      ),
    ).toBeLessThan(1e-5);
    expect([...(await run(maxScan, shape, { x }, family)).out]).toEqual([...scanReference(shape, x, larger)]);
  });

  test.each(shapes)('$outer × $time × $width, h0 $initial, chunks $chunks: the linear recurrence and its gradient', async (given) => {
    const shape = { ...given, reverse: 0 } as const;
    const size = shape.outer * shape.time * shape.width;
    const [a, b, dh] = [1, 2, 3].map((seed) => randomNormal(size, seed, seed === 1 ? 0.7 : 1));
    const h0 = shape.initial ? randomNormal(shape.outer * shape.width, 4) : none;
    const right = linearRecurrenceReference(shape, { a, b, dh, ...(shape.initial ? { h0 } : {}) });
    const { h } = await run(linearScan, shape, { a, b, h0 }, family);
    expect(relativeError(h, right.h)).toBeLessThan(1e-5);
    const gradients = await run(linearGradientScan, { ...shape, reverse: 1 }, { a, h, h0, dh }, family);
    for (const name of ['da', 'db', 'dh0'] as const) expect(relativeError(gradients[name], right[name]), name).toBeLessThan(1e-5);
  });

  test.each([1, 2])('NaN and infinity arrive from their place on, in %i chunks', async (chunks) => {
    const shape = { outer: 1, time: 6, width: 1, reverse: 0, initial: 0, chunks } as const;
    const x = Float32Array.of(1, Number.NEGATIVE_INFINITY, 2, Number.NaN, 3, Number.POSITIVE_INFINITY);
    const { out: sums } = await run(sumScan, shape, { x }, family);
    expect([...sums]).toEqual([1, -Infinity, -Infinity, NaN, NaN, NaN]);
    const { out: largest } = await run(maxScan, shape, { x }, family);
    expect([...largest]).toEqual([1, 1, 2, NaN, NaN, NaN]);
    const { out: infinite } = await run(maxScan, shape, { x: new Float32Array(6).fill(-Infinity) }, family);
    expect([...infinite]).toEqual(new Array(6).fill(-Infinity));
    const { h } = await run(linearScan, shape, { a: new Float32Array(6).fill(0.5), b: x, h0: none }, family);
    expect([...h]).toEqual([1, -Infinity, -Infinity, NaN, NaN, NaN]);
  });

  test.each([1, 3])('golden sums, maxima and linear recurrences agree with PyTorch, in %i chunks', async (chunks) => {
    const golden = readGolden('more/cumulative');
    const [outer, time, width] = golden.x.shape;
    const shape = { outer, time, width, reverse: 0, initial: 0, chunks } as const;
    const { out } = await run(sumScan, shape, { x: f32(golden.x) }, family);
    expect(relativeError(out, golden.sum.data)).toBeLessThan(1e-5);
    const back = await run(sumScan, { ...shape, reverse: 1 }, { x: f32(golden.dy) }, family);
    expect(relativeError(back.out, golden.dx.data)).toBeLessThan(1e-5);
    const special = { ...shape, outer: golden.special.shape[0], time: golden.special.shape[1], width: golden.special.shape[2] };
    const largest = await run(maxScan, special, { x: f32(golden.special) }, family);
    expect([...largest.out]).toEqual([...golden.max.data]);
    const summed = (await run(sumScan, special, { x: f32(golden.special) }, family)).out;
    golden.special_sum.data.forEach((value, i) => {
      if (Number.isFinite(value)) expect(summed[i]).toBeCloseTo(value, 4);
      else expect(summed[i]).toBe(value);
    });
    const linear = readGolden('more/linear_recurrence');
    const whole = { outer: linear.a.shape[0], time: linear.a.shape[1], width: linear.a.shape[2], reverse: 0, initial: 1, chunks } as const;
    const [a, b, h0, dh] = [linear.a, linear.b, linear.h0, linear.dy].map(f32);
    const { h } = await run(linearScan, whole, { a, b, h0 }, family);
    expect(relativeError(h, linear.h.data)).toBeLessThan(1e-5);
    const gradients = await run(linearGradientScan, { ...whole, reverse: 1 }, { a, h, h0, dh }, family);
    for (const name of ['da', 'db', 'dh0'] as const) expect(relativeError(gradients[name], linear[name].data), name).toBeLessThan(1e-5);
  });

  test('an operator from outside that is not commutative: the last that is not zero', async () => {
    const lastNonzero: ScanOperator = {
      name: 'last-nonzero',
      parts: 1,
      reads: [{ name: 'x', of: 'element' }],
      writes: [{ name: 'out', of: 'element' }],
      text: `struct Item { value: Value }
fn identity() -> Item { return Item(Value()); }
fn itemAt(at: u32, t: u32) -> Item { return Item(x[at]); }
fn combine(left: Item, right: Item) -> Item { return Item(select(right.value, left.value, right.value == Value())); }`,
      keep: `fn startAt(place: u32) -> Item { return identity(); }
fn keepAt(at: u32, t: u32, item: Item) { out[at] = item.value; }`,
    };
    const shape = { outer: 2, time: 90, width: 4, reverse: 0, initial: 0, chunks: 5 } as const;
    const x = Float32Array.from(randomUniform(720, 1), (u, i) => (u < 0.8 ? 0 : i + 1));
    const { out } = await run(scan(lastNonzero), shape, { x }, family);
    expect([...out]).toEqual([...scanReference(shape, x, (left, right) => right || left)]);
  });

  test('RG-LRU is the linear recurrence of its decay and its gated input', async () => {
    const [batch, time, width] = [3, 40, 8];
    const [x, gates] = [randomNormal(batch * time * width, 1), randomNormal(2 * batch * time * width, 2)];
    const [lambda, h0] = [randomNormal(width, 3), randomNormal(batch * width, 4)];
    const { h } = await runKernel(
      rgLruForward,
      { batch, time, width, initial: 1 },
      { x, gates, lambda, h0, h: poison(x.length) },
      { family },
    );
    const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
    const gate = (i: number, part: number): number => sigmoid(gates[2 * (i - (i % width)) + part * width + (i % width)]);
    const logA = (i: number): number => -8 * Math.log1p(Math.exp(lambda[i % width])) * gate(i, 0);
    const a = Float32Array.from(x, (_, i) => Math.exp(logA(i)));
    const b = Float32Array.from(x, (value, i) => Math.sqrt(-Math.expm1(2 * logA(i))) * gate(i, 1) * value);
    const shape = { outer: batch, time, width, reverse: 0, initial: 1, chunks: 3 } as const;
    expect(relativeError((await run(linearScan, shape, { a, b, h0 }, family)).h, h)).toBeLessThan(1e-5);
  });
});

test('a long axis is cut where there is little beside it', () => {
  const software = { family: 'software', f16: false } as const;
  expect(scanChunks({ outer: 1, time: 1 << 16, width: 1 }, software)).toBe(32);
  expect(scanChunks({ outer: 512, time: 1 << 16, width: 1 }, software)).toBe(1);
  expect(scanChunks({ outer: 1, time: 60, width: 1 }, { family: 'gpu', f16: false })).toBe(1);
});
