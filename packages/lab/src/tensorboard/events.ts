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

/** TFRecord stores checksums rotated and with a constant added, so that a checksum of data with checksums stays good. */
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

/** Event { wall_time = 1, step = 2, summary = 5 { value = 1 { tag = 1, simple_value = 2 } } } */
function encode({ step, wallTime, values }: ScalarEvent): Buffer {
  const summary = Object.entries(values).map(([tag, value]) =>
    bytesField(1, Buffer.concat([bytesField(1, Buffer.from(tag)), floatField(2, value)])),
  );
  return Buffer.concat([
    doubleField(1, wallTime),
    Buffer.from([...key(2, WIRE.varint), ...varint(step)]),
    bytesField(5, Buffer.concat(summary)),
  ]);
}

/** What the first record of a file names. */
const VERSION = 'brain.Event:2';

/** A whole event file: the version record that TensorBoard looks for, then one record a step. */
export function eventFile(events: readonly ScalarEvent[], began: number): Buffer {
  const version = Buffer.concat([doubleField(1, began), bytesField(3, Buffer.from(VERSION))]);
  return Buffer.concat([record(version), ...events.map((event) => record(encode(event)))]);
}
