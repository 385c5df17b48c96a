/** Models for ONNX Runtime, written byte by byte: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3. */

/** Numbers of a model: those of the bench, and the 64-bit places that some operators insist on. */
export interface OnnxTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint32Array | BigInt64Array;
}

type Attribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly operator: string;
  /** An empty name leaves an optional input out. */
  readonly inputs: readonly string[];
  /** Several in the operator's order. */
  readonly output: string | readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Of the operator; ONNX's own when absent. */
  readonly domain?: typeof MICROSOFT;
}

/** One of a model's outputs; f32 where no type is given. */
export interface OnnxOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: 'int64';
}

export interface OnnxGraph {
  /** Given with every run. */
  readonly inputs?: Readonly<Record<string, OnnxTensor>>;
  /** Part of the model. */
  readonly constants?: Readonly<Record<string, OnnxTensor>>;
  readonly nodes: readonly OnnxNode[];
  readonly output: OnnxOutput;
}

/** Operators of ONNX Runtime's own. */
export const MICROSOFT = 'com.microsoft';

/** Negative numbers are 64 bits in two's complement. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

// A field's number with its wire type: 0 for a number, 2 for bytes, 5 for 32 bits.
const number = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, content: Uint8Array): Buffer => Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
const list = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);
function float(field: number, value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return list(varint(field * 8 + 5), four);
}

/** TensorProto.DataType. */
const TYPE = { float: 1, int32: 6, int64: 7 } as const;
const IR_VERSION = 8;
const OPERATORS = 17;
/** AttributeProto.type. */
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const;

const typeOf = (data: OnnxTensor['data']): number =>
  data instanceof Float32Array ? TYPE.float : data instanceof BigInt64Array ? TYPE.int64 : TYPE.int32;

function attribute(name: string, value: Attribute): Buffer {
  if (typeof value === 'number') return list(text(1, name), number(3, value), number(20, ATTRIBUTE.int));
  if (typeof value === 'string') return list(text(1, name), text(4, value), number(20, ATTRIBUTE.string));
  if ('float' in value) return list(text(1, name), float(2, value.float), number(20, ATTRIBUTE.float));
  return list(text(1, name), ...value.map((one) => number(8, one)), number(20, ATTRIBUTE.ints));
}

const node = ({ operator, inputs, output, attributes = {}, domain }: OnnxNode): Buffer =>
  list(
    ...inputs.map((name) => text(1, name)),
    ...[output].flat().map((name) => text(2, name)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
    ...(domain ? [text(7, domain)] : []),
  );

const constant = (name: string, { shape, data }: OnnxTensor): Buffer =>
  list(
    ...shape.map((size) => number(1, size)),
    number(2, typeOf(data)),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );

/** What is said of an input or output: name, dtype and shape. */
function value(name: string, type: number, shape: readonly number[]): Buffer {
  const dimensions = list(...shape.map((size) => bytes(1, number(1, size))));
  return list(text(1, name), bytes(2, bytes(1, list(number(1, type), bytes(2, dimensions)))));
}

/** The bytes of a model with one output. */
export function onnxModel({ inputs = {}, constants = {}, nodes, output }: OnnxGraph): Uint8Array {
  const graph = list(
    ...nodes.map((one) => bytes(1, node(one))),
    text(2, 'bench'),
    ...Object.entries(constants).map(([name, tensor]) => bytes(5, constant(name, tensor))),
    ...Object.entries(inputs).map(([name, { shape, data }]) => bytes(11, value(name, typeOf(data), shape))),
    bytes(12, value(output.name, TYPE[output.type ?? 'float'], output.shape)),
  );
  const domains = list(bytes(8, number(2, OPERATORS)), bytes(8, list(text(1, MICROSOFT), number(2, 1))));
  return list(number(1, IR_VERSION), bytes(7, graph), domains);
}
