/** What a launch asks of the tensors and numbers it is given. */
import { fill, type Kernel, read, unary, written } from '@coxswain/kernels';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from './device.js';
import { ArgumentError, ShapeError } from './errors.js';
import { requestDevice } from './node.js';
import type { DType, Tensor } from './tensor.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

test('a tensor of another dtype than the kernel declares is refused, with the kernel, the buffer, both dtypes', () => {
  using _scope = device.scope();
  const shape = { count: 4, a: 0, b: 0 };
  const [x, out] = [device.zeros([4], 'i32'), device.zeros([4])];
  expect(() => device.dispatch(unary.tanh, shape, { x, out })).toThrow(ShapeError);
  expect(() => device.dispatch(unary.tanh, shape, { x, out })).toThrow('elementwise/tanh: got buffer "x" of i32 [4], expected f32');
  expect(() => device.dispatch(unary.tanh, shape, { x: out, out: x })).toThrow('buffer "out" of i32');
});

test('a launch may say that it moves bits', async () => {
  using _scope = device.scope();
  const out = device.zeros([4], 'u32');
  expect(() => device.dispatch(fill, { count: 4, value: 1 }, { out })).toThrow(ShapeError);
  device.dispatch(fill, { count: 4, value: 1 }, { out }, { bits: ['out'] });
  expect(Array.from(await out.read())).toEqual(new Array(4).fill(0x3f800000));
});

type Sizes = { readonly count: number; readonly offset: number };
/** out[i] = x[i + offset] in vec4s, or in halves, with lengths that follow from the shape. */
const sized = (element: 'vec4<f32>' | 'vec4<f16>' | 'u32'): Kernel<Sizes> => {
  const source = `@compute @workgroup_size(1) fn main() {
  for (var i = 0u; i < uniforms.count / 4; i++) { out[i] = vec4<f32>(x[i + u32(uniforms.offset) / 4]); }
}`;
  return {
    name: 'test/sized',
    source,
    buffers: [read('x', element), written('out', 'vec4<f32>')],
    lengths: ({ count, offset }) => ({ x: count + offset, out: count }),
    uniforms: [
      { name: 'count', type: 'u32' },
      { name: 'offset', type: 'i32' },
    ],
    constants: () => ({}),
    grid: () => [1, 1, 1],
    cost: () => ({ flops: 0, bytes: 0 }),
    sample: { count: 8, offset: 4 },
  };
};

test('a tensor shorter than the kernel needs is refused; a longer one is not', async () => {
  using _scope = device.scope();
  const x = device.tensor(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  const out = device.zeros([8]);
  device.dispatch(sized('vec4<f32>'), { count: 8, offset: 4 }, { x, out });
  expect(Array.from(await out.read())).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  const short = () => device.dispatch(sized('vec4<f32>'), { count: 8, offset: 8 }, { x, out });
  expect(short).toThrow(ShapeError);
  expect(short).toThrow('test/sized: got buffer "x" of 12 elements [12], expected at least 16');
  expect(() => device.dispatch(sized('vec4<f32>'), { count: 4, offset: 0 }, { x, out: device.zeros([2, 1]) })).toThrow('buffer "out" of 2');
});

test('halves lie two to a u32, and are counted so', () => {
  using _scope = device.scope();
  const out = device.zeros([8]);
  const shape = { count: 8, offset: 0 };
  expect(() => device.dispatch(sized('vec4<f16>'), shape, { x: device.zeros([8]), out })).toThrow('of f32 [8], expected u32');
  expect(() => device.dispatch(sized('vec4<f16>'), shape, { x: device.zeros([3], 'u32'), out })).toThrow(
    'of 6 elements [3], expected at least 8',
  );
});

test.each<[field: string, sizes: Sizes]>([
  ['count', { count: -1, offset: 0 }],
  ['count', { count: 0.5, offset: 0 }],
  ['count', { count: 2 ** 32, offset: 0 }],
  ['count', { count: Number.NaN, offset: 0 }],
  ['offset', { count: 0, offset: 2 ** 31 }],
  ['offset', { count: 0, offset: undefined as unknown as number }],
])('a number that the uniform %s cannot hold is refused: %o', (field, sizes) => {
  using _scope = device.scope();
  const kernel = { ...sized('u32'), buffers: [written('out')], lengths: undefined } as Kernel<Sizes>;
  const launch = () => device.dispatch(kernel, sizes, { out: device.zeros([4]) });
  expect(launch).toThrow(ArgumentError);
  expect(launch).toThrow(`test/sized: got ${field}`);
});

test('a launch that would write nothing is left out', () => {
  using _scope = device.scope();
  device.flush();
  const before = device.counters.dispatches;
  device.dispatch(fill, { count: 0, value: 1 }, { out: device.empty([0, 3]) });
  device.flush();
  expect(device.counters.dispatches).toBe(before);
});

test.each<[string, () => unknown]>([
  ['negative lengths with a fitting product', () => device.tensor(new Float32Array(4), [-2, -2])],
  ['fractional lengths', () => device.tensor(new Float32Array(4), [0.5, 8])],
  ['NaN', () => device.tensor(new Float32Array(0), [Number.NaN])],
  ['a number for a shape', () => device.empty(4 as unknown as number[])],
  ['a reshape to negative lengths', () => device.zeros([4]).reshape([-2, -2])],
  ['an unknown dtype', () => device.empty([4], 'f64' as DType)],
  ['Float64Array', () => device.tensor(new Float64Array(4) as unknown as Float32Array)],
  ['a plain array', () => device.tensor([1, 2] as unknown as Float32Array)],
  ['BigInt64Array', () => device.tensor(new BigInt64Array(2) as unknown as Int32Array)],
  ['bytes', () => device.tensor(new Uint8Array(4) as unknown as Uint32Array)],
  ['nothing', () => device.tensor(undefined as unknown as Float32Array, [1])],
  ['writing Float64Array', () => device.zeros([4]).write(new Float64Array(4) as unknown as Float32Array)],
  ['writing bytes to u32', () => device.zeros([4], 'u32').write(new Uint8Array(4) as unknown as Uint32Array)],
  ['copying i32 to f32', () => device.copy(device.zeros([4], 'i32'), device.zeros([4]))],
])('refused from the host: %s', (_, body) => {
  using _scope = device.scope();
  expect(body).toThrow(ShapeError);
});

test('a write inside a capture is refused, of constants made there too', () => {
  using _scope = device.scope();
  const x = device.zeros([1]);
  const writing = (made: () => Tensor) => (): unknown =>
    device.capture(() => {
      const y = made();
      y.write(Float32Array.of(1));
      return { y };
    });
  expect(writing(() => x)).toThrow(/a write to tensor .* inside a capture/);
  expect(writing(() => device.tensor(Float32Array.of(1)))).toThrow(/a write to tensor .* inside a capture/);
});
