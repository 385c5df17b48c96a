/** Numbers of all dtypes against those of PyTorch (`testing/make_safetensors.py`), and the rounding to F16 and BF16. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CheckpointError, ShapeError } from '../errors.js';
import { DTYPES, type SafeDtype } from './dtypes.js';
import { asFloat32, asFloat64, readSafetensors, type SafeTensor, writeSafetensors } from './index.js';
import { packSmall, unpackBf16, unpackF16 } from './small-floats.js';

const bytes = readFileSync(new URL('../testing/dtypes.safetensors', import.meta.url));
const { tensors, metadata } = readSafetensors(bytes, 'dtypes.safetensors');
const taken = (name: string) => {
  const found = tensors.get(name);
  if (!found) throw new Error(`no tensor ${name}`);
  return found;
};

test.each(DTYPES)('%s of a file from Python: its numbers, in double and in single precision', (dtype) => {
  const [tensor, values] = [taken(dtype), taken(`${dtype}.values`)];
  expect(tensor.dtype).toBe(dtype);
  expect(tensor.shape).toEqual(values.shape);
  expect(asFloat64(tensor)).toEqual(values.data);
  expect(asFloat32(tensor)).toEqual(Float32Array.from(values.data as Float64Array));
});

test('a file from Python, read and written again, is the same to the byte', () => {
  expect(Buffer.compare(Buffer.from(writeSafetensors(tensors, metadata)), bytes)).toBe(0);
  expect(taken('scalar')).toMatchObject({ shape: [], dtype: 'BF16', data: Uint16Array.of(0x4020) });
  expect(taken('empty')).toMatchObject({ shape: [2, 0, 3], dtype: 'F16' });
  expect(taken('I64').data).toBeInstanceOf(BigInt64Array);
});

const isNaN16 = (bits: number, infinity: number): boolean => (bits & 0x7fff) > infinity;

test.each([
  ['BF16', 0x7f80],
  ['F16', 0x7c00],
] as const)('%s is written as PyTorch rounds it', (dtype, infinity) => {
  const single = taken('single');
  const wanted = taken(`single.${dtype}`).data as Uint16Array;
  for (const data of [single.data, asFloat64(single)]) {
    const written = readSafetensors(writeSafetensors(new Map([['x', { shape: single.shape, dtype, data }]]))).tensors.get('x');
    const got = written?.data as Uint16Array;
    expect(written?.dtype).toBe(dtype);
    // Which NaN it is may differ.
    expect([...got].map((bits) => (isNaN16(bits, infinity) ? 'NaN' : bits))).toEqual(
      [...wanted].map((bits) => (isNaN16(bits, infinity) ? 'NaN' : bits)),
    );
  }
});

test.each([
  ['F16', unpackF16],
  ['BF16', unpackBf16],
] as const)('all 65 536 patterns of %s are numbers that round to themselves', (format, unpack) => {
  const all = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const values = unpack(all);
  packSmall(values, format).forEach((bits, i) => {
    if (Number.isNaN(values[i])) expect(Number.isNaN(unpack(Uint16Array.of(bits))[0])).toBe(true);
    else if (bits !== i) expect(bits).toBe(i);
  });
});

test('doubles are rounded to the nearest of F16 and BF16, ties to even, not by way of single precision', () => {
  // In single precision these are ties; as they are they lie above and below them.
  const [above, below] = [1 + 2 ** -11 + 2 ** -40, 1 + 3 * 2 ** -11 - 2 ** -40];
  expect([...packSmall([above, below, 65519.999999999, 65520, 2 ** -25 + 2 ** -60], 'F16')]).toEqual([0x3c01, 0x3c01, 0x7bff, 0x7c00, 1]);
  expect([...packSmall([1 + 2 ** -8 + 2 ** -40, 1 + 3 * 2 ** -8 - 2 ** -40, 1e300, -1e-300], 'BF16')]).toEqual([
    0x3f81, 0x3f81, 0x7f80, 0x8000,
  ]);
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -65504, max: 65504 }), (value) => {
      const [bits] = packSmall([value], 'F16');
      const near = [bits - 1, bits, bits + 1]
        .filter((other) => ((other ^ bits) & 0x8000) === 0)
        .map((other) => unpackF16(Uint16Array.of(other))[0]);
      const errors = near.filter(Number.isFinite).map((other) => Math.abs(other - value));
      expect(Math.abs(unpackF16(Uint16Array.of(bits))[0] - value)).toBe(Math.min(...errors));
    }),
  );
});

test('integers of 64 bits are rounded once', () => {
  // A tie in single precision after a rounding to double, above it before.
  const data = BigInt64Array.of(2n ** 60n + 2n ** 36n + 1n, -(2n ** 60n) - 2n ** 36n - 1n, 5n, -(2n ** 63n));
  expect([...asFloat32({ data })]).toEqual([2 ** 60 + 2 ** 37, -(2 ** 60) - 2 ** 37, 5, -(2 ** 63)]);
});

test('one option writes all floating-point numbers in a dtype, and leaves others alone', () => {
  const map = new Map<string, SafeTensor>([
    ['w', { shape: [2], data: Float32Array.of(1, 1e6) }],
    ['kept', { shape: [1], data: Float32Array.of(1), dtype: 'F32' }],
    ['n', { shape: [1], data: Int32Array.of(7) }],
  ]);
  const dtypesOf = (floats: 'BF16' | 'F16' | 'F64') =>
    [...readSafetensors(writeSafetensors(map, {}, { floats })).tensors].map(([name, { dtype }]) => `${name} ${dtype}`).sort();
  expect(dtypesOf('BF16')).toEqual(['kept F32', 'n I32', 'w BF16']);
  expect(dtypesOf('F64')).toEqual(['kept F32', 'n I32', 'w F64']);
  const { tensors: half } = readSafetensors(writeSafetensors(map, {}, { floats: 'F16' }));
  expect([...asFloat32(half.get('w') as SafeTensor)]).toEqual([1, Number.POSITIVE_INFINITY]);
});

test('what is not surely meant is not written', () => {
  const write =
    (data: SafeTensor['data'], dtype: SafeDtype, name = 'x') =>
    () =>
      writeSafetensors(new Map([[name, { shape: [1], data, dtype }]]));
  expect(write(new Uint16Array(1), 'F32')).toThrow(/U16 data as F32 "x", expected Float32Array/);
  expect(write(new Int32Array(1), 'BF16')).toThrow(CheckpointError);
  expect(write(new Float32Array(1), 'I32')).toThrow(CheckpointError);
  expect(write(new Float32Array(1), 'F8_E4M3' as SafeDtype)).toThrow(/dtype F8_E4M3/);
  expect(write(new Float32Array(1), 'F32', '\ud83d')).toThrow(ShapeError);
  expect(() => writeSafetensors(new Map([['x', { shape: [-1, -1], data: new Float32Array(1) }]]))).toThrow(ShapeError);
  expect(() => writeSafetensors(new Map(), { a: 1 as unknown as string })).toThrow(ShapeError);
});
