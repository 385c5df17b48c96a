import { expect, test } from 'vitest';
import { MICROSOFT, onnxModel } from './onnx-model.js';

/** The fields of a protobuf message: numbers, and bytes where their wire type is 2. */
function fieldsOf(message: Uint8Array): [field: number, value: number | Uint8Array][] {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const fields: [number, number | Uint8Array][] = [];
  while (at < message.length) {
    const key = varint();
    const value = varint();
    if (key % 8 === 2) at += value;
    fields.push([Math.floor(key / 8), key % 8 === 2 ? message.subarray(at - value, at) : value]);
  }
  return fields;
}
const all = (message: Uint8Array, field: number) => fieldsOf(message).flatMap(([at, value]) => (at === field ? [value] : []));
const inside = (message: Uint8Array, field: number): Uint8Array => all(message, field)[0] as Uint8Array;
const words = (value: number | Uint8Array): string => Buffer.from(value as Uint8Array).toString();

test('constants, nodes with attributes and the output, as the format has them', () => {
  const data = Float32Array.from({ length: 200 }, (_, i) => i);
  const model = onnxModel({
    constants: { x: { shape: [2, 100], data } },
    nodes: [
      { operator: 'Transpose', inputs: ['x'], output: 'y', attributes: { perm: [1, 0] } },
      { operator: 'Softmax', inputs: ['y'], output: 'z', attributes: { axis: 1 } },
    ],
    output: { name: 'z', shape: [100, 2] },
  });
  const graph = inside(model, 7);
  const [first, second] = all(graph, 1) as Uint8Array[];
  expect([words(inside(first, 1)), words(inside(first, 2)), words(inside(first, 4))]).toEqual(['x', 'y', 'Transpose']);
  expect([words(inside(inside(first, 5), 1)), all(inside(first, 5), 8)]).toEqual(['perm', [1, 0]]);
  expect([words(inside(second, 4)), all(inside(second, 5), 3)]).toEqual(['Softmax', [1]]);
  const constant = inside(graph, 5);
  expect([all(constant, 1), words(inside(constant, 8))]).toEqual([[2, 100], 'x']);
  expect(new Float32Array(Uint8Array.from(inside(constant, 9)).buffer)).toEqual(data);
  const shape = inside(inside(inside(inside(graph, 12), 2), 1), 2);
  expect((all(shape, 1) as Uint8Array[]).map((dimension) => all(dimension, 1)[0])).toEqual([100, 2]);
});

test('inputs, 64-bit places, several outputs, an optional input left out, floats, negative numbers and other domains', () => {
  const model = onnxModel({
    inputs: { x: { shape: [3], data: Int32Array.of(1, 2, 3) } },
    constants: { k: { shape: [1], data: BigInt64Array.of(-2n) } },
    nodes: [
      {
        operator: 'Odd',
        inputs: ['x', '', 'k'],
        output: ['y', 'places'],
        attributes: { epsilon: { float: 0.5 }, axis: -1, mode: 'add' },
        domain: MICROSOFT,
      },
    ],
    output: { name: 'places', shape: [3], type: 'int64' },
  });
  const graph = inside(model, 7);
  const node = inside(graph, 1);
  expect((all(node, 1) as Uint8Array[]).map(words)).toEqual(['x', '', 'k']);
  expect([(all(node, 2) as Uint8Array[]).map(words), words(inside(node, 7))]).toEqual([['y', 'places'], 'com.microsoft']);
  const [epsilon, axis, mode] = all(node, 5) as Uint8Array[];
  // A field of 32 bits: its key, then the number.
  expect(Buffer.from(epsilon).readFloatLE(Buffer.from(epsilon).indexOf(2 * 8 + 5, 9) + 1)).toBe(0.5);
  // −1 is ten bytes: nine of all ones, and the sign.
  expect(Buffer.from(axis).toString('hex')).toContain(`18${'ff'.repeat(9)}01`);
  expect(words(inside(mode, 4))).toBe('add');
  const [constant, input, output] = [5, 11, 12].map((field) => inside(graph, field));
  expect([all(constant, 2), new BigInt64Array(Uint8Array.from(inside(constant, 9)).buffer)]).toEqual([[7], BigInt64Array.of(-2n)]);
  const type = (value: Uint8Array) => all(inside(inside(value, 2), 1), 1);
  expect([words(inside(input, 1)), type(input), words(inside(output, 1)), type(output)]).toEqual(['x', [6], 'places', [7]]);
});
