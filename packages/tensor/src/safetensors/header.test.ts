/**
 * What the reference implementation takes and refuses (safetensors/src/tensor.rs and its tests), and serde_json under
 * it.
 */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { CheckpointError } from '../errors.js';
import { openSafetensors, readSafetensors, type SafeTensor, writeSafetensors } from './index.js';

/** A file with this header and so many bytes of data. */
function file(header: string | Uint8Array, data = 8): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const X = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';

test.each<[string, string, number?]>([
  ['no tensors', '{}', 0],
  ['white space behind', '{}\r \t\n', 0],
  ['white space before, as writers pad to a page', '\t\n{}\r ', 0],
  ['white space everywhere', ` { "x" : { "dtype" : "F32" , "shape" : [ 2 ] , "data_offsets" : [ 0 , 8 ] } } `],
  ['members in any order', '{"x":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}}'],
  ['members that it does not know', `{"x":{"more":[{"a":[-1.5e-3,0,true,false,null,"\\u00e9"]},[],{}],${X}}}`],
  ['metadata that is null', `{"__metadata__":null,"x":{${X}}}`],
  ['a scalar', '{"x":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}'],
  ['a shape with 1', '{"x":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]}}'],
  ['an empty tensor', '{"x":{"dtype":"I32","shape":[2,0],"data_offsets":[0, 0]}}', 0],
  ['an empty tensor where another begins', `{"x":{${X}},"y":{"dtype":"I32","shape":[0],"data_offsets":[0,0]}}`],
  ['an empty tensor behind the last', `{"y":{"dtype":"I32","shape":[0],"data_offsets":[8,8]},"x":{${X}}}`],
  ['a large empty tensor', '{"x":{"dtype":"I32","shape":[4294967296,2097152,0],"data_offsets":[0,0]}}', 0],
  ['data that begins at no multiple of 8', `{"x":{${X}}}   `],
  ['a name with escapes', `{"\\u0078\\n\\ud83d\\ude00":{${X}}}`],
  ['no name', `{"":{${X}}}`],
])('takes %s', async (_, header, data = 8) => {
  const bytes = file(header, data);
  const { tensors } = readSafetensors(bytes);
  const members = Object.entries(JSON.parse(header)).filter(([name]) => name !== '__metadata__') as [string, { shape: number[] }][];
  expect([...tensors].map(([name, { shape }]) => [name, shape]).sort()).toEqual(members.map(([name, { shape }]) => [name, shape]).sort());
  const reader = await openSafetensors({ size: bytes.length, read: async (offset, length) => bytes.slice(offset, offset + length) });
  for (const [name, tensor] of tensors) expect(await reader.read(name)).toEqual(tensor);
});

test.each<[string, string | Uint8Array, RegExp, number?]>([
  ['a byte order mark', `\ufeff{"x":{${X}}}`, /expected a JSON object/],
  ['an array for a dtype', `{"x":{"dtype":["F32"],"shape":[2],"data_offsets":[0,8]}}`, /expected a dtype, which is a string/],
  ['a number for a dtype', `{"x":{"dtype":4,"shape":[2],"data_offsets":[0,8]}}`, /expected a dtype/],
  ['a dtype in small letters', `{"x":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}}`, /of dtype f32/],
  ['a name twice', `{"x":{${X}},"x":{${X}}}`, /expected one tensor of the name "x"/],
  ['a name twice, once with escapes', `{"x":{${X}},"\\u0078":{${X}}}`, /expected one tensor of the name "x"/],
  ['a dtype twice', `{"x":{${X},"dtype":"F32"}}`, /expected "dtype" once/],
  ['a shape twice', `{"x":{${X},"shape":[2]}}`, /expected "shape" once/],
  ['offsets twice', `{"x":{${X},"data_offsets":[0,8]}}`, /expected "data_offsets" once/],
  ['metadata twice', `{"__metadata__":{},"__metadata__":{},"x":{${X}}}`, /expected __metadata__ once/],
  ['an offset of 8.0', `{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8.0]}}`, /expected data_offsets/],
  ['an offset of 8e0', `{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8e0]}}`, /expected data_offsets/],
  ['a shape of −0', `{"x":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}`, /expected a shape/, 0],
  ['a shape of 02', `{"x":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}`, /expected a shape/],
  ['three offsets', `{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}`, /two data_offsets before it, not 3/],
  ['one offset', `{"x":{"dtype":"F32","shape":[2],"data_offsets":[8]}}`, /not 1/],
  ['no dtype', `{"x":{"shape":[2],"data_offsets":[0,8]}}`, /expected "dtype"/],
  ['a comma too many', `{"x":{${X}},}`, /expected a name in quotes/],
  ['a comment', `{"x":{${X}}/**/}`, /expected a comma or }/],
  ['zeros behind', `{"x":{${X}}}\0\0`, /nothing behind the header/],
  ['another object behind', `{"x":{${X}}}{}`, /nothing behind the header/],
  ['a header that ends too soon', `{"x":{${X}}`, /its end at byte/],
  ['a line break in a name', `{"x\n":{${X}}}`, /printable characters/],
  ['half a character in a name', `{"\\ud83d":{${X}}}`, /escapes/],
  ['a wrong escape', `{"\\x78":{${X}}}`, /escapes/],
  ['a name that is no UTF-8', Uint8Array.of(...Buffer.from('{"'), 0xc3, ...Buffer.from(`":{${X}}}`)), /not UTF-8/],
  ['brackets too deep', `{"x":{"more":${'['.repeat(200)}${']'.repeat(200)},${X}}}`, /deep/],
  ['metadata that is a number', `{"__metadata__":{"a":1},"x":{${X}}}`, /a string as metadata "a"/],
  ['metadata in metadata', `{"__metadata__":{"a":{}},"x":{${X}}}`, /a string as metadata "a"/],
  ['a list as metadata', `{"__metadata__":[],"x":{${X}}}`, /__metadata__: an object of strings/],
  ['a shape beyond 64 bits', '{"x":{"dtype":"I32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}', /fits 64 bits/, 0],
  ['a number beyond 64 bits', '{"x":{"dtype":"I32","shape":[2,18446744073709551616],"data_offsets":[0,8]}}', /expected a shape/],
])('refuses %s', (_, header, message, data = 8) => {
  const reading = () => readSafetensors(file(header, data));
  expect(reading).toThrow(CheckpointError);
  expect(reading).toThrow(message);
});

test.each(['F8_E4M3', 'F8_E5M2', 'F4', 'C64'])('%s is refused by name, as not supported rather than damaged', (dtype) => {
  const reading = () => readSafetensors(file(`{"x":{"dtype":"${dtype}","shape":[8],"data_offsets":[0,8]}}`));
  expect(reading).toThrow(`tensor "x" of dtype ${dtype}, which is not supported here`);
  expect(reading).not.toThrow(/damaged|anew\b.*train|train it anew/);
});

test('any damage to a header is a CheckpointError, or leaves all numbers as they were', () => {
  const x: SafeTensor = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const whole = writeSafetensors(
    new Map([
      ['x', x],
      ['h', { shape: [2], dtype: 'BF16', data: Uint16Array.of(1, 2) }],
    ]),
    { a: 'b' },
  );
  const length = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
  const change = fc.tuple(fc.nat(length - 1), fc.nat(255));
  const bytesIn = (bytes: Uint8Array): string => {
    const all = [...readSafetensors(bytes).tensors.values()].map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    return Buffer.concat(all).toString('hex');
  };
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const damaged = whole.slice();
      for (const [at, value] of changes) damaged[at] = value;
      let read: string;
      try {
        read = bytesIn(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError);
        return;
      }
      expect(read).toBe(bytesIn(whole));
    }),
    { numRuns: 3000 },
  );
});

test('names of all kinds are found, by their characters however they are written', async () => {
  const names = fc.uniqueArray(
    fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => text !== '__metadata__'),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(names, async (all) => {
      const bytes = writeSafetensors(new Map(all.map((name, i) => [name, { shape: [i], data: new Uint8Array(i) }])));
      const reader = await openSafetensors({ size: bytes.length, read: async (offset, length) => bytes.slice(offset, offset + length) });
      expect([...reader.names()]).toEqual(all);
      all.forEach((name, i) => {
        expect(reader.info(name)?.shape).toEqual([i]);
      });
      expect(reader.info(`${all.join()}!`)).toBeUndefined();
    }),
  );
});

test('a header of 200 000 tensors: read once, with no object made for each, and found by name', async () => {
  const count = 200_000;
  const entries = Array.from({ length: count }, (_, i) => `"layers.${i}.w":{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`);
  const bytes = file(`{${entries.join()}}`, count);
  const reads: number[] = [];
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    reads.push(length);
    return bytes.slice(offset, offset + length);
  };
  const [parse, entriesOf] = [vi.spyOn(JSON, 'parse'), vi.spyOn(Object, 'entries')];
  const reader = await openSafetensors({ size: bytes.length, read });
  expect([parse.mock.calls.length, entriesOf.mock.calls.length]).toEqual([0, 0]);
  vi.restoreAllMocks();
  expect(reads).toEqual([8, bytes.length - 8 - count]);
  expect(reader.size).toBe(count);
  for (const i of [0, 1, 99_999, count - 1]) expect(reader.info(`layers.${i}.w`)).toEqual({ dtype: 'U8', shape: [1], from: i, to: i + 1 });
  entries[count - 1] = entries[count - 1].replace(`layers.${count - 1}.w`, 'layers.0.w');
  expect(() => readSafetensors(file(`{${entries.join()}}`, count))).toThrow('one tensor of the name "layers.0.w"');
});
