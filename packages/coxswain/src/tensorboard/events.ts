/**
 * TensorBoard's event files: records of TFRecord, each an `Event` in protocol buffers
 * (https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto).
 */
import CRC32C from 'crc-32/crc32c.js';

/** Scalars of one step. */
export interface ScalarEvent {
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly values: Readonly<Record<string, number>>;
}

/**
 * TFRecord stores checksums rotated and with a constant added, so that a checksum of data with checksums stays good.
 */
function maskedCrc(bytes: Uint8Array): number {
  const crc = CRC32C.buf(bytes) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Length, its checksum, the data, its checksum; all little-endian. */
function record(data: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length));
  head.writeUInt32LE(maskedCrc(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedCrc(data));
  return Buffer.concat([head, data, tail]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** Wire types of protocol buffers. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const key = (field: number, wire: number): number[] => varint(field * 8 + wire);
const bytesField = (field: number, bytes: Uint8Array): Buffer =>
  Buffer.from([...key(field, WIRE.bytes), ...varint(bytes.length), ...bytes]);

function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.from([...key(field, WIRE.fixed64), ...bytes]);
}

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.from([...key(field, WIRE.fixed32), ...bytes]);
}

const text = (field: number, value: string): Buffer => bytesField(field, Buffer.from(value));
const whole = (field: number, value: number): Buffer => Buffer.from([...key(field, WIRE.varint), ...varint(value)]);

/** Event { wall_time = 1, step = 2, summary = 5 { value = 1 } } */
const event = (wallTime: number, step: number, values: readonly Buffer[]): Buffer =>
  Buffer.concat([doubleField(1, wallTime), whole(2, step), bytesField(5, Buffer.concat(values.map((value) => bytesField(1, value))))]);

/** Value { tag = 1, simple_value = 2 }, one each. */
function encode({ step, wallTime, values }: ScalarEvent): Buffer {
  const scalars = Object.entries(values).map(([tag, value]) => Buffer.concat([text(1, tag), floatField(2, value)]));
  return event(wallTime, step, scalars);
}

/** What a run was made with. */
export interface HyperParameters {
  readonly values: Readonly<Record<string, number | string | boolean>>;
  /** Seconds since 1970. */
  readonly began: number;
  /** The same for people, in Markdown. */
  readonly told: string;
}

/** DataType of a TensorProto. */
const TYPE = { float: 1, string: 7 } as const;

/** TensorProto { dtype = 1, tensor_shape = 2 { dim = 2 { size = 1 } }, … } of one element. */
const tensor = (type: number, content: Buffer): Buffer =>
  Buffer.concat([whole(1, type), bytesField(2, bytesField(2, whole(1, 1))), content]);

/** Value { tag = 1, tensor = 8, metadata = 9 { plugin_data = 1 { plugin_name = 1, content = 2 } } } */
const forPlugin = (tag: string, plugin: string, content: Buffer, of: Buffer): Buffer =>
  Buffer.concat([text(1, tag), bytesField(8, of), bytesField(9, bytesField(1, Buffer.concat([text(1, plugin), bytesField(2, content)])))]);

/** google.protobuf.Value { number_value = 2, string_value = 3, bool_value = 4 } */
function protoValue(value: number | string | boolean): Buffer {
  if (typeof value === 'number') return doubleField(2, value);
  return typeof value === 'string' ? text(3, value) : whole(4, Number(value));
}

/**
 * For the plugin of hyperparameters HParamsPluginData { session_start_info = 3 { hparams = 1 map, start_time_secs = 5 }
 * } (https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/hparams/plugin_data.proto), for that of
 * texts a string.
 */
function encodeHyperParameters({ values, began, told }: HyperParameters): Buffer {
  const entries = Object.entries(values).map(([name, value]) =>
    bytesField(1, Buffer.concat([text(1, name), bytesField(2, protoValue(value))])),
  );
  const session = bytesField(3, Buffer.concat([...entries, doubleField(5, began)]));
  return event(began, 0, [
    forPlugin('_hparams_/session_start_info', 'hparams', session, tensor(TYPE.float, floatField(5, 0))),
    forPlugin('config', 'text', Buffer.alloc(0), tensor(TYPE.string, text(8, told))),
  ]);
}

/** What the first record of a file names. */
const VERSION = 'brain.Event:2';

/**
 * A whole event file: the version record that TensorBoard looks for, what the run was made with, then one record a
 * step.
 */
export function eventFile(events: readonly ScalarEvent[], began: number, made?: HyperParameters): Buffer {
  const version = Buffer.concat([doubleField(1, began), text(3, VERSION)]);
  return Buffer.concat([version, ...(made ? [encodeHyperParameters(made)] : []), ...events.map(encode)].map(record));
}
