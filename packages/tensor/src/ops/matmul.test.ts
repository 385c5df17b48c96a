import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relativeError } from '../../../../kernels/src/testing/harness.js';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { dryDevice } from '../dry.js';
import { ShapeError } from '../errors.js';
import { requestDevice } from '../node.js';
import { sizeOf, type Tensor } from '../tensor.js';
import { linear } from './linear.js';
import { batchedMatmul, type MatmulOptions, matmul } from './matmul.js';

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);

/**
 * Products of [..., rows, columns] in float64 with numpy's broadcasting, and their gradients for a given one of the
 * result.
 */
function reference(a: Operand, b: Operand, { transposeA, transposeB }: MatmulOptions, dc: (i: number) => number) {
  const rank = Math.max(a.shape.length, b.shape.length) - 2;
  const padded = ({ shape }: Operand) => [...new Array<number>(rank - (shape.length - 2)).fill(1), ...shape.slice(0, -2)];
  const [leadA, leadB] = [padded(a), padded(b)];
  const lead = leadA.map((size, i) => (size === 1 ? leadB[i] : size));
  const [rows, columns] = a.shape.slice(-2);
  const [m, k] = transposeA ? [columns, rows] : [rows, columns];
  const n = b.shape.at(transposeB ? -2 : -1) as number;
  const [c, da, db] = [sizeOf(lead) * m * n, a.data.length, b.data.length].map((size) => new Float64Array(size));
  const begin = (own: number[], matrix: number, size: number): number => {
    let [rest, at, stride] = [matrix, 0, size];
    for (let i = rank - 1; i >= 0; i--) {
      if (own[i] > 1) at += (rest % lead[i]) * stride;
      stride *= own[i];
      rest = Math.floor(rest / lead[i]);
    }
    return at;
  };
  c.forEach((_, i) => {
    const [matrix, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
    for (let p = 0; p < k; p++) {
      const atA = begin(leadA, matrix, m * k) + (transposeA ? p * m + row : row * k + p);
      const atB = begin(leadB, matrix, k * n) + (transposeB ? column * k + p : p * n + column);
      c[i] += a.data[atA] * b.data[atB];
      da[atA] += dc(i) * b.data[atB];
      db[atB] += dc(i) * a.data[atA];
    }
  });
  return { c, da, db, shape: [...lead, m, n] };
}

interface Operand {
  readonly shape: number[];
  readonly data: Float32Array;
}
const operand = (shape: number[], phase: number): Operand => ({ shape, data: wave(sizeOf(shape), phase) });

// [leading axes of a, of b, m, n, k]
const shapes: readonly (readonly [number[], number[], number, number, number])[] = [
  [[], [], 5, 7, 3],
  [[], [], 8, 12, 16],
  [[3], [], 5, 6, 7],
  [[], [4], 8, 4, 12],
  [[2, 3], [2, 3], 4, 8, 4],
  [[2, 1], [3], 9, 5, 1],
  [[2, 1, 2], [1, 3, 1], 4, 4, 8],
  // More alternations than a kernel walks over: one operand is written out.
  [[2, 1, 2, 1], [1, 3, 1, 2], 3, 4, 4],
  [[2], [2], 3, 4, 0],
  [[0], [1], 3, 4, 5],
  [[2], [2], 0, 4, 5],
];

describe.each(['software', 'gpu'] as const)('products of batches on %s', (family) => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice({ family });
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  // Every combination of transposes on one shape, then the plain one and one other on each.
  const cases = shapes.flatMap(([leadA, leadB, m, n, k], i) =>
    (i === 4 ? [0, 1, 2, 3] : [0, 1 + (i % 3)]).map((bits) => ({
      leadA,
      leadB,
      m,
      n,
      k,
      transposeA: (bits & 1) === 1,
      transposeB: bits > 1,
    })),
  );
  test.each(cases)('[$leadA] · [$leadB], $m × $n × $k, transposed $transposeA $transposeB', async (given) => {
    using _scope = device.scope();
    const { m, n, k, transposeA, transposeB } = given;
    const a = operand([...given.leadA, ...(transposeA ? [k, m] : [m, k])], 0);
    const b = operand([...given.leadB, ...(transposeB ? [n, k] : [k, n])], 1);
    const [left, right] = [a, b].map(({ data, shape }) => device.tensor(data, shape).requireGradient());
    const product = batchedMatmul(left, right, { transposeA, transposeB });
    const weights = wave(product.size, 2);
    const { c, da, db, shape } = reference(a, b, { transposeA, transposeB }, (i) => weights[i]);
    expect(product.shape).toEqual(shape);
    backward(product, device.tensor(weights, shape));
    const read = await device.read([product.detach(), left.gradient as Tensor, right.gradient as Tensor]);
    [c, da, db].forEach((right, i) => {
      expect(relativeError(read[i], right), ['product', 'gradient of a', 'gradient of b'][i]).toBeLessThan(1e-5);
    });
  });

  test('the plain product keeps NaN, also behind a relu', async () => {
    using _scope = device.scope();
    const x = device.tensor(Float32Array.of(1, Number.NaN, 3, 4, -5, 6, 7, 8), [2, 4]);
    const w = device.tensor(wave(16, 0), [4, 4]);
    expect([...(await matmul(x, w).read())].map(Number.isNaN)).toEqual([true, true, true, true, false, false, false, false]);
    const out = [...(await linear(x, w, { relu: true }).read())];
    expect(out.map(Number.isNaN)).toEqual([true, true, true, true, false, false, false, false]);
    expect(out.slice(4).every((value) => value >= 0)).toBe(true);
  });

  test.each([
    { rows: 0, width: 4, out: 8 },
    { rows: 3, width: 4, out: 0 },
    { rows: 0, width: 0, out: 0 },
  ])('a linear layer of $rows × $width → $out', async ({ rows, width, out }) => {
    using _scope = device.scope();
    const [x, w, bias] = [[rows, width], [out, width], [out]].map((shape) =>
      device.tensor(wave(sizeOf(shape), 1), shape).requireGradient(),
    );
    const y = linear(x, w, { bias });
    expect(y.shape).toEqual([rows, out]);
    backward(y, device.tensor(wave(y.size, 2), y.shape));
    const read = await device.read([x, w, bias].map(({ gradient }) => gradient as Tensor));
    expect(read.flatMap((gradient) => [...gradient]).every((value) => value === 0)).toBe(true);
  });
});

test('operands that do not fit together are refused by name', () => {
  const device = dryDevice({ family: 'software', f16: false });
  const zeros = (...shape: number[]): Tensor => device.zeros(shape);
  expect(() => matmul(zeros(2, 3, 4), zeros(4, 5))).toThrow(ShapeError);
  expect(() => matmul(zeros(3, 4), zeros(5, 4))).toThrow(/as many columns of a \(4\)/);
  expect(() => batchedMatmul(zeros(4), zeros(4, 4))).toThrow(/two axes or more/);
  expect(() => batchedMatmul(zeros(2, 3, 4), zeros(3, 4, 5))).toThrow(/broadcast/);
  expect(() => batchedMatmul(device.zeros([3, 4], 'i32'), zeros(4, 5))).toThrow(/f32/);
});

test.each(['software', 'gpu'] as const)('grids of very large layers and their gradients are folded on %s', (family) => {
  const device = dryDevice({ family, f16: false, subgroups: { min: 8, max: 8 } });
  const layer = (rows: number, width: number, out: number): void => {
    const [x, w, bias] = [[rows, width], [out, width], [out]].map((shape) => device.empty(shape).requireGradient());
    const y = linear(x, w, { bias });
    backward(y, device.empty(y.shape));
  };
  layer(16, 8, 2_500_000);
  layer(5_000_000, 8, 8);
  layer(16, 2_500_000, 8);
  expect(() => batchedMatmul(device.empty([100_000, 4, 4]), device.empty([100_000, 4, 4]))).not.toThrow();
});
