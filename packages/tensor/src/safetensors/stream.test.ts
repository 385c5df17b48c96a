/** Files a tensor at a time: the same bytes and numbers as in one piece, and never more than one tensor asked for. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckpointError, ShapeError } from '../errors.js';
import { openSafetensorsFile, writeSafetensorsFile } from '../node/safetensors-file.js';
import { openSafetensors, readSafetensors, type SafeTensor, streamSafetensors, type TensorPlan, writeSafetensors } from './index.js';

const map = new Map<string, SafeTensor>([
  ['flags', { shape: [3], data: Uint8Array.of(1, 0, 1), dtype: 'BOOL' }],
  ['10', { shape: [2, 2], data: Float32Array.of(1, 2, 3, Number.NaN), dtype: 'BF16' }],
  ['9', { shape: [1], data: BigInt64Array.of(-5n) }],
  ['none', { shape: [0, 4], data: new Float32Array(0) }],
]);
const bytes = writeSafetensors(map, { kind: 'test' });
const plans = new Map<string, TensorPlan>([...readSafetensors(bytes).tensors].map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
const give = (name: string): SafeTensor['data'] => (map.get(name) as SafeTensor).data;

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-safetensors-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

test('a stream of chunks is the file, each tensor asked for when its turn comes', async () => {
  const log: string[] = [];
  const chunks: Uint8Array[] = [];
  const asked = async (name: string) => {
    log.push(`asked ${name}`);
    return give(name);
  };
  for await (const chunk of streamSafetensors(plans, asked, { kind: 'test' })) {
    log.push(`${chunk.length} bytes`);
    chunks.push(chunk);
  }
  expect(Buffer.compare(Buffer.concat(chunks), bytes)).toBe(0);
  expect(log.slice(1)).toEqual(['asked 9', '8 bytes', 'asked none', '0 bytes', 'asked 10', '8 bytes', 'asked flags', '3 bytes']);
  const wrong = async () => {
    for await (const _ of streamSafetensors(plans, () => new Float32Array(3)));
  };
  await expect(wrong()).rejects.toThrow(ShapeError);
});

test('a reader reads the header, then only what it is asked for', async () => {
  const reads: [number, number][] = [];
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    reads.push([offset, length]);
    // At an odd place in memory, as a network may give it.
    const memory = new Uint8Array(length + 1);
    memory.set(bytes.subarray(offset, offset + length), 1);
    return memory.subarray(1);
  };
  const reader = await openSafetensors({ size: bytes.length, read });
  const body = bytes.length - 8 - 8 - 3;
  expect(reads).toEqual([
    [0, 8],
    [8, body - 8],
  ]);
  expect([...reader.names()]).toEqual(['9', 'none', '10', 'flags']);
  expect(reader.metadata).toEqual({ kind: 'test' });
  expect(await reader.read('10')).toEqual(readSafetensors(bytes).tensors.get('10'));
  expect(reads.slice(2)).toEqual([[body + 8, 8]]);
  await expect(reader.read('11')).rejects.toThrow(ShapeError);
});

test('a source that gives other bytes than it is asked for is found out', async () => {
  const source = (size: number, given: (length: number) => number) => ({
    size,
    read: async (offset: number, length: number) => bytes.slice(offset, offset + (offset > 8 ? given(length) : length)),
  });
  const reader = await openSafetensors(source(bytes.length, (length) => length - 1));
  await expect(reader.read('10')).rejects.toThrow(/7 bytes of tensor "10", expected 8/);
  await expect(openSafetensors(source(bytes.length - 1, (length) => length))).rejects.toThrow(/cut short/);
  await expect(openSafetensors(source(5, (length) => length))).rejects.toThrow(CheckpointError);
});

test('files: written whole or not at all, read a tensor at a time', async () => {
  const path = join(folder, 'model.safetensors');
  await writeSafetensorsFile(path, plans, give, { kind: 'test' });
  expect(Buffer.compare(fs.readFileSync(path), bytes)).toBe(0);
  {
    await using file = await openSafetensorsFile(path);
    const all = new Map<string, SafeTensor>();
    for await (const [name, tensor] of file.reader.tensors()) all.set(name, tensor);
    expect(all).toEqual(readSafetensors(bytes).tensors);
  }
  await expect(writeSafetensorsFile(path, plans, () => new Float32Array(3))).rejects.toThrow(ShapeError);
  expect(fs.readdirSync(folder)).toEqual(['model.safetensors']);
  expect(Buffer.compare(fs.readFileSync(path), bytes)).toBe(0);
  await expect(openSafetensorsFile(join(folder, 'none'))).rejects.toThrow(CheckpointError);
  await expect(writeSafetensorsFile(join(folder, 'no', 'where'), plans, give)).rejects.toThrow(CheckpointError);
  fs.writeFileSync(path, bytes.subarray(0, bytes.length - 1));
  await expect(openSafetensorsFile(path)).rejects.toThrow(/model\.safetensors: .*cut short/);
});
