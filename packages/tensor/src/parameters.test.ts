import { HostRandom } from '@coxswain/base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from './device.js';
import { CheckpointError, DisposedError, ShapeError } from './errors.js';
import { requestDevice } from './node.js';
import { add, scale } from './ops/index.js';
import { ParameterStore } from './parameters.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from './safetensors/index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const SHAPES = { 'layers.0.weight': [3, 5], 'layers.0.bias': [1], large: [65, 2], head: [64] } as const;

function made(trainable = true, seed = 1): ParameterStore {
  const store = new ParameterStore(device, trainable);
  for (const [name, shape] of Object.entries(SHAPES))
    store.declare(name, shape, (values, _, random) => {
      for (let i = 0; i < values.length; i++) values[i] = random.normal();
    });
  store.finish(seed);
  return store;
}

test('parameters lie side by side at multiples of 256 bytes, each usable by itself', async () => {
  using _scope = device.scope();
  const store = made();
  expect(store.names).toEqual(Object.keys(SHAPES));
  expect(store.count).toBe(15 + 1 + 130 + 64);
  expect(store.flat.size).toBe(64 + 64 + 192 + 64);
  const random = new HostRandom(1);
  for (const [name, shape] of Object.entries(SHAPES)) {
    const tensor = store.get(name);
    expect(tensor).toMatchObject({ name, shape, dtype: 'f32', requiresGradient: true });
    expect(tensor.byteOffset % 256).toBe(0);
    const drawn = Float32Array.from({ length: tensor.size }, () => random.normal());
    expect(await tensor.read()).toEqual(drawn);
    expect(await scale(tensor.detach(), 2).read()).toEqual(drawn.map((v) => 2 * v));
  }
  store.dispose();
});

test('gradients start at zero in the layout of the values', async () => {
  using _scope = device.scope();
  const store = made();
  expect(store.gradients.size).toBe(store.flat.size);
  const { gradient } = store.get('large');
  gradient?.write(new Float32Array(130).fill(1));
  const flat = await store.gradients.read();
  expect([...flat.keys()].filter((i) => flat[i] !== 0)).toEqual(Array.from({ length: 130 }, (_, i) => 128 + i));
  store.zeroGradients();
  expect((await store.gradients.read()).every((value) => value === 0)).toBe(true);
  store.dispose();
});

test('saved and loaded again, by name, whatever the order', async () => {
  const [store, other] = [made(true, 1), made(false, 2)];
  const saved = await store.save();
  expect(saved.get('large')?.shape).toEqual([65, 2]);
  other.load(new Map([...saved].reverse()));
  expect(await other.save()).toEqual(saved);
  expect(store.unpack(store.pack(saved))).toEqual(saved);
  // The padding between parameters is zero, so that norms over the flat buffer are norms of the parameters.
  const flat = await other.flat.read();
  expect(flat.subarray(15, 64).every((value) => value === 0)).toBe(true);
  for (const each of [store, other]) each.dispose();
});

test('weights of F16, BF16 and F64 come as their numbers; integers are no weights', () => {
  const store = made();
  const saved = store.unpack(new Float32Array(store.flat.size).fill(0.5));
  for (const floats of ['F16', 'BF16', 'F64'] as const)
    expect(store.unpack(store.pack(readSafetensors(writeSafetensors(saved, {}, { floats })).tensors))).toEqual(saved);
  for (const integers of [new Uint16Array(64), new Int32Array(64), new BigInt64Array(64)]) {
    const named = new Map<string, SafeTensor>([...saved, ['head', { shape: [64], data: integers }]]);
    expect(() => store.pack(named, 'x.safetensors')).toThrow(/^x\.safetensors: dtype [UI]\d\d of tensor "head", expected F32/);
  }
  store.dispose();
});

test('what does not fit is refused, naming the file and the tensor', async () => {
  const store = made();
  const saved = await store.save();
  const changed = (name: string, entry?: { shape: number[]; data: Float32Array }): typeof saved => {
    const copy = new Map(saved);
    copy.delete(name);
    return entry ? copy.set(name, entry) : copy;
  };
  const refusals: [typeof saved, RegExp][] = [
    [changed('head'), /^base\/model\.safetensors: no tensor "head"/],
    [changed('other', { shape: [1], data: new Float32Array(1) }), /unknown tensor "other"/],
    [changed('head', { shape: [8, 8], data: new Float32Array(64) }), /tensor "head" of shape \[8,8\], expected \[64\]/],
    [changed('head', { shape: [64], data: new Float32Array(65) }), /65 numbers in tensor "head", expected 64/],
  ];
  for (const [named, message] of refusals) {
    const loading = () => store.load(named, 'base/model.safetensors');
    expect(loading).toThrow(CheckpointError);
    expect(loading).toThrow(message);
  }
  expect(await store.save()).toEqual(saved);
  store.dispose();
});

test('declarations out of order', () => {
  using _scope = device.scope();
  const store = new ParameterStore(device);
  const zeros = () => {};
  const early = store.declare('a', [2], zeros);
  expect(() => store.declare('a', [2], zeros)).toThrow(ShapeError);
  expect(() => store.flat).toThrow(/before finish/);
  expect(() => store.gradients).toThrow(ShapeError);
  expect(() => add(early, device.zeros([2]))).toThrow(DisposedError);
  store.finish(0);
  expect(() => store.finish(0)).toThrow(ShapeError);
  expect(() => store.declare('b', [2], zeros)).toThrow(/after finish/);
  expect(() => store.get('b')).toThrow(/one of a/);
  store.dispose();
  expect(() => add(early, device.zeros([2]))).toThrow(DisposedError);
});

test('a store outlives the scope it was made in, and a frozen one has half the memory', () => {
  const { live } = device;
  const scope = device.scope();
  const [store, frozen] = [made(), made(false)];
  scope[Symbol.dispose]();
  expect(device.live).toBe(live + 3);
  expect(frozen.get('head')).toMatchObject({ requiresGradient: false, gradient: undefined });
  for (const each of [store, frozen]) each.dispose();
  expect(device.live).toBe(live);
});
