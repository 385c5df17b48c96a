import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from './device.js';
import { DisposedError, OutOfMemoryError } from './errors.js';
import { requestDevice } from './node.js';
import { add, scale } from './ops/index.js';
import { BufferPool, roundedSize } from './pool.js';
import type { Tensor } from './tensor.js';

let device: Device;
let bytesAtStart: number;
beforeAll(async () => {
  device = await requestDevice();
  bytesAtStart = device.pool.allocatedBytes;
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.trim();
  expect(device.pool.allocatedBytes).toBe(bytesAtStart);
  device.close();
});

test('a scope frees what was made in it, and leaves what was made before', async () => {
  const before = device.tensor(Float32Array.of(1, 2));
  {
    using _scope = device.scope();
    add(before, before);
    device.zeros([100]);
    expect(device.live).toBe(3);
  }
  expect(device.live).toBe(1);
  expect(Array.from(await before.read())).toEqual([1, 2]);
  before.dispose();
});

test('what a scope keeps passes to the scope around it', async () => {
  let kept: Tensor;
  {
    using outer = device.scope();
    {
      using inner = device.scope();
      {
        using innermost = device.scope();
        kept = inner.keep(innermost.keep(outer.keep(scale(device.tensor(Float32Array.of(3)), 2))));
        expect(device.live).toBe(2);
      }
      expect(device.live).toBe(1);
    }
    expect(await kept.item()).toBe(6);
  }
  expect(device.live).toBe(1);
  expect(await kept.item()).toBe(6);
  kept.dispose();
});

test('a scope that ends before one opened inside it hands on to the one around it', () => {
  const [outer, middle, inner] = [device.scope(), device.scope(), device.scope()];
  const ofInner = device.zeros([1]);
  inner[Symbol.dispose]();
  expect(device.live).toBe(0);
  expect(ofInner.storage.freed).toBe(true);
  const kept = middle.keep(device.zeros([1]));
  const late = device.scope();
  middle[Symbol.dispose]();
  late[Symbol.dispose]();
  expect(kept.storage.freed).toBe(false);
  outer[Symbol.dispose]();
  expect(kept.storage.freed).toBe(true);
});

test('a view shares the memory: keeping it keeps the tensor, freeing it frees the tensor', async () => {
  let view: Tensor;
  let original: Tensor;
  {
    using scope = device.scope();
    original = device.tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    view = scope.keep(original.reshape([3, 2]));
  }
  expect(device.live).toBe(1);
  expect(Array.from(await original.read())).toEqual([1, 2, 3, 4, 5, 6]);
  view.dispose();
  expect(device.live).toBe(0);
  await expect(original.read()).rejects.toThrow(DisposedError);
});

test('a leaf is freed with its gradient; freeing twice does nothing', () => {
  const leaf = device.tensor(Float32Array.of(1)).requireGradient();
  expect(device.live).toBe(2);
  leaf.dispose();
  leaf.dispose();
  expect(device.live).toBe(0);
});

test('memory that is freed is used again, and launches that wait still see it as it was', async () => {
  const n = 5000;
  const result = device.empty([n]);
  const bytes = device.pool.allocatedBytes;
  let first: GPUBuffer | undefined;
  for (let i = 0; i < 20; i++) {
    const x = device.tensor(new Float32Array(n).fill(i));
    first ??= x.storage.buffer;
    expect(x.storage.buffer).toBe(first);
    const y = scale(x, 2);
    x.dispose();
    // May lie where x was: the queue keeps the order.
    const z = device.zeros([n]);
    expect(z.storage.buffer).toBe(first);
    if (i === 7) device.copy(y, result);
    for (const tensor of [y, z]) tensor.dispose();
  }
  expect(device.pool.allocatedBytes - bytes).toBe(2 * roundedSize(4 * n));
  expect(new Set(await result.read())).toEqual(new Set([14]));
  result.dispose();
});

test('freeing submits nothing', () => {
  const x = device.tensor(Float32Array.of(1));
  const { submits } = device.counters;
  scale(x, 2).dispose();
  x.dispose();
  expect(device.counters.submits).toBe(submits);
});

test('rounding wastes at most 12.5 % of any size, or 255 bytes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 }), (bytes) => {
      const size = roundedSize(bytes);
      expect(size % 256).toBe(0);
      expect(size).toBeGreaterThanOrEqual(Math.max(1, bytes));
      expect(size - bytes).toBeLessThanOrEqual(bytes > 2048 ? bytes / 8 : bytes > 0 ? 255 : 256);
      expect(roundedSize(size)).toBe(size);
    }),
  );
});

test('one tensor may be as large as the adapter binds, and no larger', () => {
  const sizes: number[] = [];
  const gpu = { createBuffer: ({ size }: { size: number }) => ({ size: sizes.push(size) && size, destroy: () => {} }) };
  const pool = new BufferPool(gpu as unknown as GPUDevice, 2 ** 31 - 4);
  const largest = 2 ** 31 - 256;
  pool.give(pool.take(largest));
  expect(pool.take(largest - 1000).size).toBe(largest);
  expect(sizes).toEqual([largest]);
  expect(() => pool.take(largest + 4)).toThrow(OutOfMemoryError);
  expect(pool.allocatedBytes).toBe(largest);
});
