import { fill } from '@coxswain/kernels';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Device } from './device.js';
import { DeviceLostError, DisposedError, LaunchError, NotFiniteError, OutOfMemoryError, ShapeError } from './errors.js';
import { Failure } from './failure.js';
import { assertFinite } from './finite.js';
import { requestDevice } from './node.js';
import { add, linear, scale } from './ops/index.js';

let device: Device;
beforeEach(async () => {
  device = await requestDevice();
});
afterEach(() => device.close());

const error = async (body: () => unknown): Promise<unknown> => {
  try {
    await body();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
};

describe('what goes in and comes out', () => {
  test('every dtype, every shape, nothing at all', async () => {
    const i32 = device.tensor(Int32Array.of(-1, 2 ** 31 - 1, -(2 ** 31)));
    const u32 = device.tensor(Uint32Array.of(2 ** 32 - 1, 7), [2, 1]);
    const f32 = device.tensor(Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY), [2, 2]);
    const none = device.tensor(new Float32Array(0), [3, 0]);
    expect([i32.dtype, u32.dtype, f32.dtype, none.size]).toEqual(['i32', 'u32', 'f32', 0]);
    expect(await device.read([i32, none, u32, f32])).toEqual([
      Int32Array.of(-1, 2 ** 31 - 1, -(2 ** 31)),
      new Float32Array(0),
      Uint32Array.of(2 ** 32 - 1, 7),
      Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY),
    ]);
    expect(await device.read([])).toEqual([]);
    expect(Array.from(await device.zeros([3], 'u32').read())).toEqual([0, 0, 0]);
  });

  test('a read gives the array of its dtype, and its type says so', async () => {
    const f32: Float32Array = await scale(device.tensor(Float32Array.of(1, 2)), 2).read();
    const i32: Int32Array = await device.tensor(Int32Array.of(-1)).read();
    const u32: Uint32Array = await device.zeros([1], 'u32').read();
    const [first, second]: [Uint32Array, Float32Array] = await device.read([device.zeros([2], 'u32'), device.zeros([1])]);
    expect([f32, i32, u32, first, second]).toEqual([
      Float32Array.of(2, 4),
      Int32Array.of(-1),
      Uint32Array.of(0),
      Uint32Array.of(0, 0),
      Float32Array.of(0),
    ]);
  });

  test.each<[unknown, string]>([
    [[[1, 2]], 'data in an Array [[1,2]]'],
    [[1, 2], 'data in an Array [1,2]'],
    [undefined, 'data in undefined'],
    [null, 'data in null'],
    [3, 'data in Number'],
    [new Float64Array(2), 'data in Float64Array'],
  ])('%j is no data: refused by name, and nothing is allocated', (data, named) => {
    const { allocatedBytes } = device.pool;
    const expected = new ShapeError('tensor', named, 'a Float32Array, an Int32Array or a Uint32Array');
    expect(() => device.tensor(data as Float32Array)).toThrow(expected);
    expect(device.pool.allocatedBytes).toBe(allocatedBytes);
  });

  test('an upload is seen by what is launched after it and by nothing launched before', async () => {
    const x = device.tensor(Float32Array.of(1));
    const before = scale(x, 10);
    x.write(Float32Array.of(2));
    const after = scale(x, 10);
    x.write(Float32Array.of(3));
    expect(await device.read([before, after, x])).toEqual([Float32Array.of(10), Float32Array.of(20), Float32Array.of(3)]);
  });

  test('part of a larger array is uploaded as that part', async () => {
    const whole = Float32Array.of(0, 1, 2, 3, 4);
    expect(Array.from(await device.tensor(whole.subarray(2, 4)).read())).toEqual([2, 3]);
  });

  test('reads of several tensors are one submit and one readback; launches wait for a submit together', async () => {
    const x = device.tensor(Float32Array.of(1, 2));
    const start = { ...device.counters };
    const [y, z] = [scale(x, 2), scale(x, 3)];
    expect(device.counters.submits).toBe(start.submits);
    await device.read([x, y, z]);
    expect(device.counters).toMatchObject({ submits: start.submits + 1, readbacks: start.readbacks + 1, dispatches: start.dispatches + 2 });
    device.flush();
    expect(device.counters.submits).toBe(start.submits + 1);
    let last = x;
    for (let i = 0; i < 600; i++) last = scale(last, 1);
    expect(device.counters.submits).toBe(start.submits + 3);
    expect(Array.from(await last.read())).toEqual([1, 2]);
    expect(device.counters).toMatchObject({ submits: start.submits + 4, dispatches: start.dispatches + 602 });
  });

  test('waiting for what it computes is counted, nothing else is', async () => {
    const x = device.tensor(Float32Array.of(1, 2));
    const before = device.waited;
    const y = scale(x, 2);
    device.flush();
    expect(device.waited).toBe(before);
    await y.read();
    const read = device.waited;
    await device.finish();
    expect(read).toBeGreaterThan(before);
    expect(device.waited).toBeGreaterThan(read);
  });

  test('reads that wait at the same time each get their own', async () => {
    const tensors = Array.from({ length: 10 }, (_, i) => device.tensor(Float32Array.of(i)));
    expect(await Promise.all(tensors.map((tensor) => tensor.item()))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('assertFinite names the first number that is not', async () => {
    const fine = device.tensor(Float32Array.of(1, 2));
    await assertFinite({});
    await assertFinite({ fine });
    const bad = device.tensor(Float32Array.of(0, Number.POSITIVE_INFINITY, Number.NaN));
    const thrown = await error(() => assertFinite({ fine, 'layers.0.weight': bad }));
    expect(thrown).toBeInstanceOf(NotFiniteError);
    expect(thrown).toMatchObject({ code: 'not-finite', value: 'layers.0.weight[1] = Infinity' });
  });
});

describe('mistakes of the caller', () => {
  test('shapes and dtypes that do not fit', async () => {
    const x = device.tensor(new Float32Array(6), [2, 3]);
    expect(() => device.tensor(new Float32Array(5), [2, 3])).toThrow(ShapeError);
    expect(() => device.empty([2, -1])).toThrow(ShapeError);
    expect(() => device.empty([1.5])).toThrow(ShapeError);
    expect(() => x.reshape([4])).toThrow(ShapeError);
    expect(() => x.write(new Float32Array(5))).toThrow(ShapeError);
    expect(() => x.write(new Int32Array(6))).toThrow(ShapeError);
    expect(() => device.copy(x, device.zeros([5]))).toThrow(ShapeError);
    expect(() => add(x, device.zeros([4]))).toThrow(ShapeError);
    expect(() => linear(x, device.zeros([5, 4]))).toThrow(ShapeError);
    await expect(x.item()).rejects.toThrow(ShapeError);
    // None of it harms the device.
    expect(Array.from(await x.read())).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a tensor used after it was freed: the error names the operation and the tensor', async () => {
    const x = device.tensor(Float32Array.of(1));
    x.name = 'weight';
    x.dispose();
    const thrown = await error(() => scale(x, 2));
    expect(thrown).toBeInstanceOf(DisposedError);
    expect(String(thrown)).toMatch(/elementwise\/scale: tensor weight\[1\] for buffer "x" has no memory/);
    expect(thrown).toMatchObject({ code: 'disposed', remedy: expect.any(String) });
    expect(() => x.write(Float32Array.of(1))).toThrow(/^write: tensor weight/);
    await expect(x.read()).rejects.toThrow(/^read: tensor weight/);
  });

  test('a buffer that is missing, or on another device', async () => {
    const other = await requestDevice();
    expect(() => device.dispatch(fill, { count: 1, value: 0 }, {})).toThrow(/fill: no tensor for buffer "out"/);
    expect(() => device.dispatch(fill, { count: 1, value: 0 }, { out: other.zeros([1]) })).toThrow(LaunchError);
    other.close();
  });
});

describe('what WebGPU refuses', () => {
  test('memory that is both read and written: refused at the launch, and the device goes on', async () => {
    const x = device.zeros([2, 2]);
    expect(() => device.copy(x, x)).toThrow(/copy\/strided: buffers "x" and "out" share memory that is written/);
    const aliasing = (): Record<string, never> => {
      const y = scale(x, 2);
      device.copy(y, y.reshape([4]));
      return {};
    };
    expect(() => device.capture(aliasing)).toThrow(LaunchError);
    const two = { ...fill, name: 'test/two', buffers: [...fill.buffers, { ...fill.buffers[0], name: 'other' }] };
    expect(() => device.dispatch(two, { count: 1, value: 0 }, { out: x, other: x })).toThrow(/test\/two/);
    expect(Array.from(await x.read())).toEqual([0, 0, 0, 0]);
  });

  test('a grid that is too large, or more buffers than can be bound: refused at the launch, and the device goes on', async () => {
    const out = device.zeros([4]);
    const shape = { count: 4, value: 1 };
    const grid = (n: number) => () => device.dispatch({ ...fill, name: 'test/grid', grid: () => [n, 1, 1] }, shape, { out });
    expect(grid(65_536)).toThrow(/test\/grid: a grid of 65536 × 1 × 1 workgroups; an axis holds at most 65535/);
    expect(grid(Number.NaN)).toThrow(LaunchError);
    const most = device.gpu.limits.maxStorageBuffersPerShaderStage;
    const buffers = Array.from({ length: most + 1 }, (_, i) => ({ name: `b${i}`, access: 'read' as const, element: 'f32' as const }));
    const tensors = Object.fromEntries(buffers.map(({ name }) => [name, out]));
    expect(() => device.dispatch({ ...fill, name: 'test/wide', buffers }, shape, tensors)).toThrow(/test\/wide binds/);
    expect(Array.from(await out.read())).toEqual([0, 0, 0, 0]);
  });
});

describe('when the device cannot go on', () => {
  test('a tensor larger than the adapter binds is refused, and the device goes on', async () => {
    const { live } = device;
    const { maxStorageBufferBindingSize, maxBufferSize } = device.gpu.limits;
    const n = Math.min(maxBufferSize, maxStorageBufferBindingSize) / 4 + 1;
    const thrown = await error(() => device.empty([Math.ceil(n)]));
    expect(thrown).toBeInstanceOf(OutOfMemoryError);
    expect(thrown).toMatchObject({ code: 'out-of-memory', remedy: expect.stringContaining('smaller') });
    const x = device.tensor(Float32Array.of(1));
    expect(() => device.capture(() => ({ y: scale(device.empty([Math.ceil(n)]), 2) }))).toThrow(OutOfMemoryError);
    expect(() => device.capture(() => ({ x: scale(x, 2), y: device.empty([Math.ceil(n)]) }))).toThrow(OutOfMemoryError);
    expect(device.live).toBe(live + 1);
    expect(await x.item()).toBe(1);
  });

  test('memory that the adapter does not have', () => {
    class GPUOutOfMemoryError extends Error {}
    const gpu = Object.assign(new EventTarget(), { lost: new Promise<never>(() => {}) });
    const failure = new Failure(gpu as unknown as GPUDevice, (pending) => pending);
    failure.throwIfAny();
    gpu.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: new GPUOutOfMemoryError('no room') }));
    gpu.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: new Error('what follows from it') }));
    expect(() => failure.throwIfAny()).toThrow(OutOfMemoryError);
  });

  test('a lost device: a DeviceLostError from what waits and from all that follows', async () => {
    const x = device.tensor(Float32Array.of(1));
    const program = device.capture(() => ({ y: scale(x, 2) }));
    const waiting = scale(x, 2).read();
    device.gpu.destroy();
    await expect(waiting).rejects.toThrow(DeviceLostError);
    await expect(x.read()).rejects.toThrow(DeviceLostError);
    await expect(device.finish()).rejects.toThrow(DeviceLostError);
    for (const next of [() => program.run(), () => x.write(Float32Array.of(1)), () => device.zeros([1]), () => device.flush()])
      expect(next).toThrow(DeviceLostError);
    expect(await error(() => device.flush())).toMatchObject({ code: 'device-lost', remedy: expect.stringContaining('checkpoint') });
    program.dispose();
    x.dispose();
  });

  test('a closed device says so, and what was made on it can still be disposed', async () => {
    const x = device.tensor(Float32Array.of(1));
    const program = device.capture(() => ({ y: scale(x, 2) }));
    scale(x, 3);
    device.close();
    device.close();
    expect(() => program.run()).toThrow(/it was closed/);
    await expect(x.read()).rejects.toThrow(DeviceLostError);
    expect(() => device.zeros([1])).toThrow(DeviceLostError);
    program.dispose();
    x.dispose();
  });
});
