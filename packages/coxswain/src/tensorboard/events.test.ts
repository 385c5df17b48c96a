import CRC32C from 'crc-32/crc32c.js';
import { expect, it } from 'vitest';
import { eventFile } from './events.js';

/** Reads what `eventFile` wrote, by the format's own description: records checked, fields by number. */
function readRecords(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const unmask = (value: number): number => {
      const rotated = (value - 0xa282ead8) >>> 0;
      return ((rotated >>> 17) | (rotated << 15)) >>> 0;
    };
    expect(unmask(file.readUInt32LE(at + 8))).toBe(CRC32C.buf(file.subarray(at, at + 8)) >>> 0);
    const data = file.subarray(at + 12, at + 12 + length);
    expect(unmask(file.readUInt32LE(at + 12 + length))).toBe(CRC32C.buf(data) >>> 0);
    records.push(data);
    at += 16 + length;
  }
  return records;
}

type Field = { readonly number: number; readonly value: number | Buffer };

function readFields(data: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (; ; scale *= 128) {
      const byte = data[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        fields.push({ number, value: varint() });
        break;
      case 1:
        fields.push({ number, value: data.readDoubleLE(at) });
        at += 8;
        break;
      case 2: {
        const length = varint();
        fields.push({ number, value: data.subarray(at, at + length) });
        at += length;
        break;
      }
      default:
        fields.push({ number, value: data.readFloatLE(at) });
        at += 4;
    }
  }
  return fields;
}

it('is CRC-32C, as TFRecord asks for', () => {
  expect(CRC32C.str('123456789') >>> 0).toBe(0xe3069283);
});

it('writes the version, then a record a step with every scalar', () => {
  const long = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`losses/a long name ${i}`, i / 8]));
  const file = eventFile(
    [
      { step: 3, wallTime: 1e9 + 0.5, values: { reward: 0.25 } },
      { step: 3_000_000_000, wallTime: 1e9 + 1, values: long },
    ],
    1e9,
  );
  const [version, ...events] = readRecords(file).map(readFields);
  expect(version).toEqual([
    { number: 1, value: 1e9 },
    { number: 3, value: Buffer.from('brain.Event:2') },
  ]);
  const scalars = (fields: Field[]) =>
    readFields(fields[2].value as Buffer).map(({ number, value }) => {
      expect(number).toBe(1);
      const [tag, simple] = readFields(value as Buffer);
      expect([tag.number, simple.number]).toEqual([1, 2]);
      return [String(tag.value), simple.value];
    });
  expect(events.map((fields) => fields.map(({ number }) => number))).toEqual([
    [1, 2, 5],
    [1, 2, 5],
  ]);
  expect(events.map((fields) => fields[1].value)).toEqual([3, 3_000_000_000]);
  expect(scalars(events[0])).toEqual([['reward', 0.25]]);
  expect(Object.fromEntries(scalars(events[1]))).toEqual(long);
});

/** The fields of a message by number, where each is there once. */
const message = (data: unknown): Record<number, number | Buffer> =>
  Object.fromEntries(readFields(data as Buffer).map(({ number, value }) => [number, value]));

it('writes what a run was made with, for the plugins of hyperparameters and of texts', () => {
  const file = eventFile([], 1e9, { values: { 'pretrain.steps': 5, phase: 'pretrain', on: true }, began: 1e9, told: '| a |' });
  const [, made] = readRecords(file).map(readFields);
  const [start, config] = readFields(made[2].value as Buffer).map(({ value }) => message(value));
  const dataOf = (value: Record<number, number | Buffer>) => message(message(value[9])[1]);
  expect(String(start[1])).toBe('_hparams_/session_start_info');
  expect(String(dataOf(start)[1])).toBe('hparams');
  const session = message(dataOf(start)[2])[3] as Buffer;
  const values = readFields(session).filter(({ number }) => number === 1);
  expect(values.map(({ value }) => String(message(value)[1]))).toEqual(['pretrain.steps', 'phase', 'on']);
  const [steps, phase, on] = values.map(({ value }) => message(message(value)[2]));
  expect([steps[2], String(phase[3]), on[4]]).toEqual([5, 'pretrain', 1]);
  expect(message(session)[5]).toBe(1e9);
  expect(String(config[1])).toBe('config');
  expect(String(dataOf(config)[1])).toBe('text');
  expect(String(message(config[8])[8])).toBe('| a |');
});
