import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CheckpointError, ShapeError } from '../errors.js';
import { ARRAYS, DTYPES } from './dtypes.js';
import { readSafetensors, type SafeArray, type SafeTensor, writeSafetensors } from './index.js';

const GOLDEN = new URL('../../../../kernels/golden/', import.meta.url);

const tensor: fc.Arbitrary<SafeTensor> = fc
  .tuple(fc.constantFrom(...DTYPES), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), fc.integer({ min: 0, max: 2 ** 31 }))
  .map(([dtype, shape, seed]) => {
    const array = ARRAYS[dtype];
    // Bytes of all kinds: NaNs and denormals must come back as they were.
    const bytes = Uint8Array.from(
      { length: shape.reduce((a, b) => a * b, 1) * array.BYTES_PER_ELEMENT },
      (_, i) => (seed * (i + 1)) >>> (i % 13),
    );
    return { shape, data: new array(bytes.buffer), dtype };
  });
const name = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => text !== '__metadata__');
const tensors = fc.array(fc.tuple(name, tensor), { maxLength: 6 }).map((entries) => new Map(entries));

const bytesOf = (data: SafeArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const plain = (map: ReadonlyMap<string, SafeTensor>): Record<string, unknown> =>
  Object.fromEntries(
    [...map].map(([key, { shape, data, dtype }]) => [
      `tensor ${key}`,
      [shape, dtype, data.constructor.name, Buffer.from(bytesOf(data)).toString('hex')],
    ]),
  );

test('what is written is read again, bit for bit', () => {
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), (map, metadata) => {
      const bytes = writeSafetensors(map, metadata);
      const back = readSafetensors(bytes);
      expect(plain(back.tensors)).toEqual(plain(map));
      expect(Object.entries(back.metadata).sort()).toEqual(Object.entries(metadata).sort());
      expect(writeSafetensors(map, metadata)).toEqual(bytes);
      // Also from the middle of a buffer, as `readFileSync` gives it.
      const shifted = new Uint8Array(bytes.length + 3);
      shifted.set(bytes, 3);
      expect(plain(readSafetensors(shifted.subarray(3)).tensors)).toEqual(plain(map));
    }),
  );
});

test('the layout is the reference one: header padded to 8 bytes, tensors side by side, wide types first', () => {
  const bytes = writeSafetensors(
    new Map<string, SafeTensor>([
      ['flags', { shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ['x', { shape: [2, 1], data: Float32Array.of(1.5, -2) }],
      ['n', { shape: [], data: Float64Array.of(0.1) }],
    ]),
    { kind: 'test' },
  );
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect(length % 8).toBe(0);
  expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
    __metadata__: { kind: 'test' },
    n: { dtype: 'F64', shape: [], data_offsets: [0, 8] },
    x: { dtype: 'F32', shape: [2, 1], data_offsets: [8, 16] },
    flags: { dtype: 'U8', shape: [3], data_offsets: [16, 19] },
  });
  expect(new DataView(bytes.buffer).getFloat32(8 + length + 12, true)).toBe(-2);
  expect(bytes.length).toBe(8 + length + 19);
});

const golden = readdirSync(GOLDEN, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.safetensors'));
test.each(golden)('%s, written by the reference implementation, is read', (file) => {
  const bytes = readFileSync(new URL(file, GOLDEN));
  const { tensors: read, metadata } = readSafetensors(bytes, file);
  expect(read.size).toBeGreaterThan(0);
  expect(plain(readSafetensors(writeSafetensors(read, metadata)).tensors)).toEqual(plain(read));
});

/** A file with this header and so many bytes of data. */
function file(header: unknown, data = 8): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const x = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

test.each<[string, Uint8Array, RegExp]>([
  ['nothing', new Uint8Array(0), /0 bytes, expected at least the 8 bytes/],
  ['fewer than 8 bytes', new Uint8Array(7), /7 bytes/],
  ['data cut short', file({ x }).subarray(0, -1), /cut short/],
  ['a header cut short', file({ x }).subarray(0, 20), /a header that fits/],
  ['a header of 2⁶⁴ − 1 bytes', new Uint8Array(64).fill(255), /a header that fits/],
  ['a header that is no JSON', file('{"x": oh no'), /has "oh no" at byte 6, in tensor "x", expected an object/],
  ['a header that is a list', file('[]', 0), /expected a JSON object/],
  ['a header that is not UTF-8', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), /expected a JSON object/],
  ['tensors that overlap', file({ x, y: { ...x, shape: [1], data_offsets: [4, 8] } }), /gap or overlap/],
  ['tensors on the same bytes', file({ x, y: x }), /gap or overlap/],
  [
    'a gap between tensors',
    file({ x, y: { ...x, data_offsets: [12, 20] } }, 20),
    /gap or overlap at byte 8 of the data, before tensor "y"/,
  ],
  ['bytes after the last tensor', file({ x }, 9), /1 bytes after the last tensor/],
  [
    'a type that is not known',
    file({ x: { ...x, dtype: 'F8' } }),
    /tensor "x" of dtype F8, which is not supported: no such dtype is known, expected F32/,
  ],
  ['a type that is a word of JavaScript', file({ x: { ...x, dtype: 'constructor' } }), /of dtype constructor/],
  ['no type', file({ x: null }), /in tensor "x", expected an object/],
  ['a shape that is not of the size', file({ x: { ...x, shape: [3] } }), /8 bytes, expected 12/],
  ['a negative shape', file({ x: { ...x, shape: [-2] } }), /"-2\],.*in tensor "x", expected a shape/],
  ['a fractional shape', file({ x: { ...x, shape: [0.5, 4] } }), /expected a shape/],
  ['no offsets', file({ x: { ...x, data_offsets: undefined } }), /in tensor "x", expected "data_offsets"/],
  ['offsets that are text', file({ x: { ...x, data_offsets: ['0', '8'] } }), /expected data_offsets/],
  ['offsets the wrong way round', file({ x: { ...x, data_offsets: [8, 0] } }), /-8 bytes/],
  ['metadata that is not text', file({ __metadata__: { step: 3 }, x }), /metadata/],
])('%s: a CheckpointError that names the file', (_, bytes, message) => {
  const reading = () => readSafetensors(bytes, 'runs/one/model.safetensors');
  expect(reading).toThrow(CheckpointError);
  expect(reading).toThrow(message);
  expect(reading).toThrow(/^runs\/one\/model\.safetensors: /);
});

test('any damage is a CheckpointError or goes unseen in the numbers, never another error', () => {
  const whole = writeSafetensors(
    new Map<string, SafeTensor>([
      ['x', { shape: [2, 3], data: new Float32Array(6) }],
      ['y', { shape: [4], data: new Uint8Array(4) }],
    ]),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: whole.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: whole.length }),
      (at, value, length) => {
        const damaged = whole.slice();
        damaged[at] = value;
        for (const bytes of [damaged, damaged.subarray(0, length)]) {
          try {
            readSafetensors(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(CheckpointError);
          }
        }
      },
    ),
  );
});

test('what cannot be written', () => {
  const write = (key: string, shape: number[], data: SafeArray) => () => writeSafetensors(new Map([[key, { shape, data }]]));
  expect(write('x', [3], new Float32Array(2))).toThrow(ShapeError);
  expect(write('__metadata__', [2], new Float32Array(2))).toThrow(ShapeError);
  expect(write('x', [2], new Uint8ClampedArray(2) as unknown as SafeArray)).toThrow(CheckpointError);
});
