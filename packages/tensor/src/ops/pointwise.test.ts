/**
 * Functions of each element against PyTorch's vectors and, on what fast-check thinks of, against float64; in both
 * families.
 */
import {
  binaryReference,
  CASTS,
  type CastName,
  FUNCTIONS,
  type FunctionName,
  functionRow,
  operandFields,
  PAIRS,
  type PairName,
  whereReference,
} from '@coxswain/kernels';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Golden, readGolden } from '../../../../kernels/src/testing/golden.js';
import { mismatches, SPECIALS, type Tolerance } from '../../../../kernels/src/testing/specials.js';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { ShapeError } from '../errors.js';
import { requestDevice } from '../node.js';
import type { Dimensions, DType, Tensor, TensorData } from '../tensor.js';
import * as ops from './index.js';

const RUNS = { seed: 24, numRuns: 300 };
const functionNames = Object.keys(FUNCTIONS) as FunctionName[];
const pairNames = Object.keys(PAIRS) as PairName[];
type Function = (x: Tensor, ...parameters: number[]) => Tensor;
const named = ops as unknown as Readonly<Record<FunctionName, Function> & Record<PairName, (a: Tensor, b: Tensor) => Tensor>>;

/** What f32 and the adapter's own functions cost in digits. */
function tolerance(name: FunctionName, x: number): Tolerance {
  if (name === 'sin' || name === 'cos') return { absolute: 1e-6 + 1e-7 * Math.abs(x) };
  return { relative: name === 'pow' ? 3e-5 : 1e-5, absolute: 1e-6 };
}

const number = fc.oneof(
  fc.constantFrom(...SPECIALS),
  fc.float({ min: -100, max: 100 }),
  // What is not normal may be 0 to an adapter.
  fc.float().map((x) => (Math.abs(x) < 1.2e-38 ? 0 : x)),
);
const dimensions = fc.array(fc.nat(6), { maxLength: 4 });
const sizeOf = (shape: Dimensions): number => shape.reduce((product, n) => product * n, 1);
const filled = (shape: Dimensions, values: readonly number[]): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => values[i % values.length]);
const values = fc.array(number, { minLength: 1, maxLength: 40 });
const ARRAYS = { f32: Float32Array, i32: Int32Array, u32: Uint32Array };
const dtype = fc.constantFrom<DType>('f32', 'f32', 'f32', 'i32', 'u32');

/** Shapes that broadcast together, most of the time. */
const broadcasting = (operands: number): fc.Arbitrary<number[][]> =>
  fc
    .tuple(
      dimensions,
      fc.array(fc.tuple(fc.nat(4), fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 })), {
        minLength: operands,
        maxLength: operands,
      }),
    )
    .map(([target, choices]) =>
      choices.map(([dropped, kinds]) =>
        target.slice(Math.min(dropped, target.length)).map((n, axis) => (kinds[axis] < 5 ? n : kinds[axis] < 9 ? 1 : n + 1)),
      ),
    );

/** The fields of a launch over operands of these shapes, where there is one. */
function fieldsOf<Names extends string>(shapes: Readonly<Record<Names, Dimensions>>) {
  try {
    return operandFields(shapes);
  } catch {
    return undefined;
  }
}

describe.each(['software', 'gpu'] as const)('%s', (family) => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice({ family });
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });
  const f32 = ({ data, shape }: Golden): Tensor => device.tensor(Float32Array.from(data), shape);
  const read = async (...tensors: (Tensor | undefined)[]): Promise<TensorData[]> => device.read(tensors as Tensor[]);

  test.each(['more/pointwise', 'more/pointwise_specials'])('PyTorch: %s', async (file) => {
    const golden = readGolden(file);
    const keys = Object.keys(golden).filter((key) => key.endsWith('.y'));
    expect(new Set(keys.map((key) => key.split(/[(.]/)[0]))).toEqual(new Set(functionNames));
    for (const key of keys) {
      using _scope = device.scope();
      const called = key.slice(0, -2);
      const [name, given = ''] = called.replace(')', '').split('(') as [FunctionName, string?];
      const x = f32(golden[`${called}.x`]).requireGradient();
      const out = named[name](x, ...given.split(',').filter(Boolean).map(Number));
      backward(out, f32(golden[`${called}.dy`]));
      const [y, dx] = await read(out, x.gradient);
      const near = (i: number): Tolerance => tolerance(name, golden[`${called}.x`].data[i]);
      const of = (i: number): string => `${called} of ${golden[`${called}.x`].data[i]}`;
      expect(mismatches(y, golden[key].data, of, near)).toEqual([]);
      expect(mismatches(dx, golden[`${called}.dx`].data, (i) => `gradient of ${of(i)}`, near)).toEqual([]);
    }
  });

  test('PyTorch: functions of two, every two specials among them', async () => {
    const golden = readGolden('more/pairs');
    const keys = Object.keys(golden).filter((key) => key.endsWith('.y'));
    expect(keys).toHaveLength(12);
    for (const key of keys) {
      using _scope = device.scope();
      const name = key.slice(0, -2) as PairName;
      const [a, b] = [f32(golden[`${name}.a`]), f32(golden[`${name}.b`])];
      const of = (i: number): string => `${name}(${golden[`${name}.a`].data[i]}, ${golden[`${name}.b`].data[i]})`;
      if (!PAIRS[name].mask) for (const operand of [a, b]) operand.requireGradient();
      const out = named[name](a, b);
      expect(mismatches((await read(out))[0], golden[key].data, of)).toEqual([]);
      if (PAIRS[name].mask) continue;
      backward(out, f32(golden[`${name}.dy`]));
      const [da, db] = await read(a.gradient, b.gradient);
      expect(mismatches(da, golden[`${name}.da`].data, (i) => `da of ${of(i)}`)).toEqual([]);
      expect(mismatches(db, golden[`${name}.db`].data, (i) => `db of ${of(i)}`)).toEqual([]);
    }
  });

  test('PyTorch: where', async () => {
    using _scope = device.scope();
    const golden = readGolden('more/where');
    const condition = device.tensor(Uint32Array.from(golden.condition.data), golden.condition.shape);
    const [a, b] = [f32(golden.a).requireGradient(), f32(golden.b).requireGradient()];
    const out = ops.where(condition, a, b);
    expect(out.shape).toEqual(golden.y.shape);
    backward(out, f32(golden.dy));
    const [y, da, db] = await read(out, a.gradient, b.gradient);
    expect(mismatches(y, golden.y.data)).toEqual([]);
    expect(mismatches(da, golden.da.data, String, { absolute: 1e-6 })).toEqual([]);
    expect(mismatches(db, golden.db.data, String, { absolute: 1e-6 })).toEqual([]);
  });

  test('any function of any tensor is float64’s, or a typed error', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...functionNames),
      dimensions,
      values,
      fc.constantFrom(-3, -1, -0.5, 0, 0.5, 1, 1.3, 2),
      fc.constantFrom(0, 0.25, 2),
      dtype,
      async (name, shape, numbers, a, more, kind) => {
        using _scope = device.scope();
        const data = filled(shape, numbers);
        const b = name === 'clamp' ? a + more : more;
        const given = [a, b].slice(0, functionRow(name).parameters?.length ?? 0);
        if (kind !== 'f32') {
          const launch = () => named[name](device.zeros([...shape, 1, 3], kind), ...given);
          if (sizeOf(shape) > 0) expect(launch).toThrow(ShapeError);
          return;
        }
        const x = device.tensor(data, shape).requireGradient();
        const out = named[name](x, ...given);
        backward(out, device.tensor(new Float32Array(data.length).fill(1), shape));
        const [y, dx] = await read(out, x.gradient);
        const { f, slope } = functionRow(name);
        const of = (i: number): string => `${name}(${[data[i], ...given].join(', ')})`;
        const near = (i: number): Tolerance => tolerance(name, data[i]);
        const expected = Array.from(data, (value) => f(value, a, b));
        expect(mismatches(y, expected, of, near)).toEqual([]);
        const slopes = Array.from(data, (value, i) => slope(value, expected[i], a, b));
        expect(mismatches(dx, slopes, (i) => `gradient of ${of(i)}`, near)).toEqual([]);
      },
    );
    await fc.assert(property, RUNS);
  });

  test('any function of any two tensors is float64’s, or a ShapeError', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...pairNames),
      broadcasting(2),
      fc.tuple(values, values),
      fc.tuple(dtype, fc.option(dtype, { freq: 10 })),
      async (name, [aShape, bShape], numbers, [first, second]) => {
        using _scope = device.scope();
        const kinds = [first, second ?? first] as const;
        const [a, b] = [aShape, bShape].map((shape, k) => {
          const data = ARRAYS[kinds[k]].from(
            filled(shape, numbers[k]).map((value) => (kinds[k] === 'f32' ? value : Math.abs(value) % 100 || 0)),
          );
          return { data, tensor: device.tensor(data, shape) };
        });
        const fields = fieldsOf({ a: aShape, b: bShape });
        if (!fields || kinds[0] !== kinds[1] || !PAIRS[name].elements.includes(first)) {
          expect(() => named[name](a.tensor, b.tensor)).toThrow(ShapeError);
          return;
        }
        const out = named[name](a.tensor, b.tensor);
        expect(out.dtype).toBe(PAIRS[name].mask ? 'u32' : first);
        const [seen] = await read(out);
        const reference = binaryReference(name, fields, a.data, b.data);
        expect(mismatches(seen, first === 'u32' ? Uint32Array.from(reference) : reference, String)).toEqual([]);
      },
    );
    await fc.assert(property, RUNS);
  });

  test('where of any three tensors is what was chosen, or a ShapeError', async () => {
    const property = fc.asyncProperty(
      broadcasting(3),
      fc.tuple(values, values, values),
      dtype,
      dtype,
      async (shapes, numbers, first, second) => {
        using _scope = device.scope();
        const [condition, a, b] = shapes.map((shape, k) => filled(shape, numbers[k]));
        const mask = Uint32Array.from(condition, (value) => (value > 0 ? 1 : 0));
        const [left, right] = [device.tensor(a, shapes[1]), ops.cast(device.tensor(b, shapes[2]), second)];
        const fields = fieldsOf({ condition: shapes[0], a: shapes[1], b: shapes[2] });
        const launch = (): Tensor => ops.where(device.tensor(mask, shapes[0]), ops.cast(left, first), right);
        if (!fields || first !== second) {
          expect(launch).toThrow(ShapeError);
          return;
        }
        const [seen, theirs, ours] = await read(launch(), ops.cast(left, first), right);
        expect(Array.from(seen)).toEqual(Array.from(whereReference(fields, mask, theirs, ours)));
      },
    );
    await fc.assert(property, RUNS);
  });

  test('any cast is float64’s', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...(Object.keys(CASTS) as CastName[])),
      dimensions,
      values,
      async (name, shape, numbers) => {
        using _scope = device.scope();
        const { from, to, f } = CASTS[name];
        const data = ARRAYS[from].from(filled(shape, numbers));
        const x = device.tensor(data, shape);
        const out = name === 'logicalNot' ? ops.logicalNot(x) : ops.cast(x, to);
        expect(out.dtype).toBe(to);
        expect(Array.from((await read(out))[0])).toEqual(Array.from(data, (value) => f(value) + 0));
      },
    );
    await fc.assert(property, RUNS);
  });

  test('masks and whole numbers have no gradient, and asking for one is refused by name', () => {
    using _scope = device.scope();
    const x = device.tensor(Float32Array.of(1, -2, 3)).requireGradient();
    const back = ops.cast(ops.lt(x, device.zeros([3])), 'f32');
    expect(() => backward(ops.sum(back))).toThrow(/depends on nothing|lt/);
    const chosen = ops.where(ops.gt(x, device.zeros([3])), x, ops.scale(x, 2));
    backward(ops.sum(chosen));
    expect(() => ops.logicalAnd(x, x)).toThrow(ShapeError);
    expect(() => ops.where(x, x, x)).toThrow(ShapeError);
    expect(() => ops.clamp(x, Number.NaN, 1)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    expect(() => ops.pow(x, Number.POSITIVE_INFINITY)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    expect(() => (ops.pow as Function)(x)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  });
});
