import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HostRandom } from '@coxswain/base';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { ArgumentError, CheckpointError, NotFiniteError } from '../errors.js';
import { fetchFile, requestDevice } from '../node.js';
import { ParameterStore } from '../parameters.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../safetensors/index.js';
import { DownloadError, type DownloadProgress, downloadBytes, fetchWeights, loadWeights, transposed, type WeightsSource } from './index.js';

const SHAPES = { 'layers.0.weight': [3, 5], 'layers.0.bias': [3], head: [64] } as const;
/** What a file holds: numbers that no parameter starts with. */
const FILE: ReadonlyMap<string, SafeTensor> = new Map(
  Object.entries(SHAPES).map(([name, shape], at) => {
    const size = shape.reduce((product, n) => product * n, 1);
    return [name, { shape, data: Float32Array.from({ length: size }, (_, i) => 100 * (at + 1) + i) }];
  }),
);
const without = (...names: string[]): Map<string, SafeTensor> => new Map([...FILE].filter(([name]) => !names.includes(name)));

let device: Device;
let store: ParameterStore;
let server: Server;
let site: string;
const bytes = writeSafetensors(new Map(FILE));

beforeAll(async () => {
  device = await requestDevice();
  server = createServer(({ url }, response) => {
    if (url === '/model.safetensors') response.setHeader('content-length', bytes.length);
    else if (url === '/short') response.setHeader('content-length', bytes.length + 1);
    else if (url !== '/chunked') return response.writeHead(404).end();
    response.write(bytes.subarray(0, 100));
    if (url === '/short') setImmediate(() => response.destroy());
    else response.end(bytes.subarray(100));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  expect(device.live).toBe(0);
  device.close();
});
beforeEach(() => {
  store = new ParameterStore(device);
  for (const [name, shape] of Object.entries(SHAPES)) store.declare(name, shape, (values) => values.fill(-1));
  store.finish(new HostRandom(1));
});
afterEach(() => store.dispose());

/** First number of each parameter. */
const firsts = async (): Promise<number[]> => [...(await store.save()).values()].map(({ data }) => data[0]);

describe('weights from an address', () => {
  test('come with their progress in bytes', async () => {
    const seen: DownloadProgress[] = [];
    const read = await downloadBytes({ url: `${site}/model.safetensors`, onProgress: (progress) => seen.push(progress) });
    expect(read).toEqual(new Uint8Array(bytes));
    expect(seen[0]).toEqual({ loaded: 0, total: bytes.length });
    expect(seen.at(-1)).toEqual({ loaded: bytes.length, total: bytes.length });
    expect(seen.map(({ loaded }) => loaded)).toEqual(seen.map(({ loaded }) => loaded).sort((a, b) => a - b));
    seen.length = 0;
    // Where the server does not say how many there are, nobody does.
    await downloadBytes({ url: new URL(`${site}/chunked`), onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ loaded: bytes.length });
  });

  test('come of a data: address, and of whatever stands in for fetch', async () => {
    const url = `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`;
    const { weights, what } = await fetchWeights({ url });
    expect(what).toBe('data:application/octet-stream;base64,…');
    loadWeights(store, weights, { what });
    expect(await firsts()).toEqual([100, 200, 300]);
    const asked: string[] = [];
    const fetch = async (address: string) => {
      asked.push(address);
      return new Response(new Uint8Array(bytes));
    };
    expect(await downloadBytes({ url: 'models/a', fetch })).toEqual(new Uint8Array(bytes));
    expect(asked).toEqual(['models/a']);
  });

  test('come of files on Node, with their size, where `fetchFile` stands in for fetch', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coxswain-weights-'));
    const url = pathToFileURL(join(folder, 'a model.safetensors'));
    writeFileSync(url, bytes);
    const seen: DownloadProgress[] = [];
    const read = await downloadBytes({ url, fetch: fetchFile, onProgress: (progress) => seen.push(progress) });
    expect(read).toEqual(new Uint8Array(bytes));
    expect(seen.at(-1)).toEqual({ loaded: bytes.length, total: bytes.length });
    rmSync(folder, { recursive: true });
    const gone = downloadBytes({ url, fetch: fetchFile });
    await expect(gone).rejects.toBeInstanceOf(DownloadError);
    await expect(gone).rejects.toThrow(/^file:.*a%20model\.safetensors: ENOENT.*Look whether it is there/);
    expect(await downloadBytes({ url: `${site}/model.safetensors`, fetch: fetchFile })).toEqual(new Uint8Array(bytes));
  });

  test.each([
    ['/nothing', /nothing: status 404 Not Found, expected a file that can be fetched/],
    ['/short', /short: .+Fetch it again: the connection broke off/],
  ])('%s is refused by name', async (path, message) => {
    const loading = downloadBytes({ url: site + path });
    await expect(loading).rejects.toBeInstanceOf(DownloadError);
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toMatchObject({ code: 'no-download' });
  });

  test('what cannot be fetched says why, and what to do', async () => {
    await expect(downloadBytes({ url: 'models/a.safetensors' })).rejects.toThrow(/^models\/a\.safetensors: .* Give an absolute address/);
    await expect(downloadBytes({ url: 'file:///a.safetensors' })).rejects.toThrow(/give `fetchFile` of @coxswain\/tensor\/node as `fetch`/);
    await expect(downloadBytes({ url: '' })).rejects.toBeInstanceOf(ArgumentError);
    const cut = new Response(new Uint8Array(3), { headers: { 'content-length': '4' } });
    await expect(downloadBytes({ url: 'x', fetch: async () => cut })).rejects.toThrow(/^x: 3 of 4 bytes/);
  });

  test('whoever listens can stop them', async () => {
    const stop = new Error('enough');
    const onProgress = ({ loaded }: DownloadProgress): void => {
      if (loaded > 0) throw stop;
    };
    await expect(downloadBytes({ url: `${site}/model.safetensors`, onProgress })).rejects.toBe(stop);
  });

  test('or from memory, but not from both or from nowhere', async () => {
    expect(await fetchWeights({ weights: bytes })).toEqual({ weights: bytes, what: 'weights' });
    await expect(fetchWeights({ weights: bytes, url: 'x' } as unknown as WeightsSource)).rejects.toThrow(/both weights and a url/);
    await expect(fetchWeights({} as WeightsSource)).rejects.toThrow(/^load: got neither weights nor a url, expected `weights`/);
  });
});

describe('weights', () => {
  test('are bytes, what is read of them, or named numbers; nothing else', async () => {
    for (const weights of [bytes, readSafetensors(bytes), FILE]) {
      store.flat.write(new Float32Array(store.flat.size));
      expect(loadWeights(store, weights)).toEqual({ loaded: Object.keys(SHAPES), kept: [], unused: [] });
      expect(await firsts()).toEqual([100, 200, 300]);
    }
    for (const wrong of [null, 3, 'model.safetensors'])
      expect(() => loadWeights(store, wrong as unknown as Uint8Array)).toThrow(ArgumentError);
    expect(() => loadWeights(store, new Uint8Array(4), { what: 'a.safetensors' })).toThrow(/^a\.safetensors: /);
  });

  test('are loaded strictly: all of the parameters, and nothing but them', async () => {
    expect(() => loadWeights(store, without('head'), { what: 'a' })).toThrow(/^a: no tensor "head", expected shape \[64\]/);
    const more = new Map([...FILE, ['codes', FILE.get('head') as SafeTensor]]);
    expect(() => loadWeights(store, more, { what: 'a' })).toThrow(/^a: unknown tensor "codes"/);
    const spoilt = new Map([...FILE, ['head', { shape: [64], data: new Float32Array(64).fill(Number.NaN, 7) }]]);
    expect(() => loadWeights(store, spoilt, { what: 'a' })).toThrow(NotFiniteError);
    expect(() => loadWeights(store, spoilt, { what: 'a' })).toThrow(/head\[7\] is NaN, in a/);
    expect(await firsts()).toEqual([-1, -1, -1]);
  });

  test('are loaded in part where that is asked for, and it is said which', async () => {
    const file = new Map([...without('head'), ['other', FILE.get('head') as SafeTensor]]);
    expect(loadWeights(store, file, { partial: true })).toEqual({
      loaded: ['layers.0.weight', 'layers.0.bias'],
      kept: ['head'],
      unused: ['other'],
    });
    expect(await firsts()).toEqual([100, 200, -1]);
    const flat = await store.flat.read();
    // Neither the padding nor a neighbour was written.
    expect([...flat.subarray(15, 64), ...flat.subarray(67, 128)].every((value) => value === 0)).toBe(true);
  });

  test('are loaded into the parameters that a function names, which then have to be there', async () => {
    const report = loadWeights(store, FILE, { partial: (name) => name === 'head' });
    expect(report).toEqual({ loaded: ['head'], kept: ['layers.0.weight', 'layers.0.bias'], unused: ['layers.0.weight', 'layers.0.bias'] });
    expect(await firsts()).toEqual([-1, -1, 300]);
    expect(() => loadWeights(store, without('head'), { partial: (name) => name === 'head' })).toThrow(/no tensor "head"/);
  });

  test('in part are still of the right shape, and some', async () => {
    const bent = new Map([...FILE, ['head', { shape: [8, 8], data: new Float32Array(64) }]]);
    expect(() => loadWeights(store, bent, { partial: true })).toThrow(/tensor "head" of shape \[8,8\], expected \[64\]/);
    const other = new Map([['module.head', FILE.get('head') as SafeTensor]]);
    expect(() => loadWeights(store, other, { partial: true })).toThrow(/none of its tensors \(module\.head\), expected one at least of/);
    expect(await firsts()).toEqual([-1, -1, -1]);
  });
});

describe('names', () => {
  const theirs = new Map([
    ['module.layers.0.weight', { shape: [5, 3], data: Float32Array.from({ length: 15 }, (_, i) => i) }],
    ['module.layers.0.bias', FILE.get('layers.0.bias') as SafeTensor],
    ['module.head', FILE.get('head') as SafeTensor],
    ['module.steps', { shape: [1], data: BigInt64Array.of(7n) }],
  ]);

  test('are changed by a function, matrices transposed on the way, tensors left out', async () => {
    const rename = (name: string) => {
      if (name === 'module.steps') return null;
      const own = name.replace(/^module\./, '');
      return own === 'layers.0.weight' ? ({ name: own, transpose: true } as const) : own;
    };
    expect(loadWeights(store, theirs, { rename }).loaded).toEqual(Object.keys(SHAPES));
    const { data } = (await store.save()).get('layers.0.weight') as { data: Float32Array };
    expect([...data]).toEqual([0, 3, 6, 9, 12, 1, 4, 7, 10, 13, 2, 5, 8, 11, 14]);
  });

  test('are changed by a map; what it does not name keeps its own', async () => {
    const file = new Map([...without('head'), ['act', FILE.get('head') as SafeTensor]]);
    expect(loadWeights(store, file, { rename: { act: 'head' } }).kept).toEqual([]);
    expect(await firsts()).toEqual([100, 200, 300]);
  });

  test('that cannot be are refused', () => {
    const load = (rename: object) => () => loadWeights(store, FILE, { rename: rename as Record<string, string>, what: 'a' });
    expect(load({ nothing: 'head' })).toThrow(/^a: no tensor "nothing", which `rename` names, expected one of layers/);
    expect(load({ 'layers.0.bias': 'head' })).toThrow(/^a: "layers\.0\.bias" and "head" as "head", expected one tensor for a parameter/);
    expect(load({ head: { name: 'head', transpose: true } })).toThrow(/^a: tensor "head" of shape \[64\], expected a matrix/);
    expect(load({ head: 3 })).toThrow(ArgumentError);
    expect(load({ head: { name: 'head' } })).toThrow(/expected a name, \{ name, transpose: true \} or null/);
  });

  test('a matrix transposed twice is itself, of every dtype', () => {
    for (const [array, dtype] of [
      [Uint16Array.of(1, 2, 3, 4, 5, 6), 'BF16'],
      [BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n), 'I64'],
    ] as const) {
      const matrix = { shape: [2, 3], data: array, dtype };
      expect(transposed(matrix)).toMatchObject({ shape: [3, 2], dtype });
      expect(transposed(transposed(matrix))).toEqual(matrix);
    }
    expect(() => transposed({ shape: [2, 3], data: [1, 2] })).toThrow(CheckpointError);
  });
});
