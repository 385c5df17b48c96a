/** Models for ONNX Runtime, written byte by byte: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3. */
import type { Input } from '../case.js';

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

// A field's number with its wire type: 0 for a number, 2 for bytes.
const number = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, content: Uint8Array): Buffer => Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
const list = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);

const FLOAT = 1;
const IR_VERSION = 8;
const OPERATORS = 17;
/** AttributeProto.type. */
const ATTRIBUTE = { int: 2, ints: 7 } as const;

function attribute(name: string, value: number | readonly number[]): Buffer {
  if (typeof value === 'number') return list(text(1, name), number(3, value), number(20, ATTRIBUTE.int));
  return list(text(1, name), ...value.map((one) => number(8, one)), number(20, ATTRIBUTE.ints));
}

const node = ({ operator, inputs, output, attributes = {} }: OnnxNode): Buffer =>
  list(
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
  );

const constant = (name: string, { shape, data }: Input): Buffer =>
  list(
    ...shape.map((size) => number(1, size)),
    number(2, FLOAT),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );

function output(name: string, shape: readonly number[]): Buffer {
  const dimensions = list(...shape.map((size) => bytes(1, number(1, size))));
  return list(text(1, name), bytes(2, bytes(1, list(number(1, FLOAT), bytes(2, dimensions)))));
}

/** A model without inputs: f32 constants, and the nodes that make the output of the last one from them. */
export function onnxModel(constants: Readonly<Record<string, Input>>, nodes: readonly OnnxNode[], shape: readonly number[]): Uint8Array {
  const graph = list(
    ...nodes.map((one) => bytes(1, node(one))),
    text(2, 'bench'),
    ...Object.entries(constants).map(([name, input]) => bytes(5, constant(name, input))),
    bytes(12, output(nodes[nodes.length - 1].output, shape)),
  );
  return list(number(1, IR_VERSION), bytes(7, graph), bytes(8, number(2, OPERATORS)));
}
