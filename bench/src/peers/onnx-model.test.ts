import { expect, test } from 'vitest';
import { onnxModel } from './onnx-model.js';

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
