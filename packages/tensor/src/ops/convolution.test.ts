import { readFileSync } from 'node:fs';
import {
  averagePoolReference,
  type ConvolutionShape,
  convolutionBackwardReference,
  convolutionReference,
  convolutionSizes,
  maxPoolReference,
  type PoolingShape,
} from '@coxswain/kernels';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, readGolden } from '../../../../kernels/src/testing/golden.js';
import { randomNormal, relativeError } from '../../../../kernels/src/testing/harness.js';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { ShapeError } from '../errors.js';
import { requestDevice } from '../node.js';
import type { Tensor } from '../tensor.js';
import { type ConvolutionOptions, convolution2d, transposedConvolution2d } from './convolution.js';
import { averagePool2d, globalAveragePool2d, maxPool2d } from './pooling.js';

/** The numbers that a golden file was made with. */
function settings(file: string): Record<string, number & [number, number]> {
  const bytes = readFileSync(new URL(`../../../../kernels/golden/more/${file}.safetensors`, import.meta.url));
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString('utf8'));
  return Object.fromEntries(Object.entries(header.__metadata__ as Record<string, string>).map(([name, text]) => [name, JSON.parse(text)]));
}

describe.each(['software', 'gpu'] as const)('images on %s', (family) => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice({ family });
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  /** What `apply` gives of leaves, and their gradients for one of it. */
  const run = async (leaves: Tensor[], dy: Float32Array, apply: () => Tensor): Promise<ArrayLike<number>[]> => {
    for (const leaf of leaves) leaf.requireGradient();
    const y = apply();
    backward(y, device.tensor(dy, y.shape));
    return device.read([y.detach(), ...leaves.map(({ gradient }) => gradient as Tensor)]);
  };

  const plain = ['', '_odd', '_groups', '_depthwise'].map((name) => [`convolution${name}`, convolution2d] as const);
  const turned = ['', '_groups'].map((name) => [`transposed_convolution${name}`, transposedConvolution2d] as const);
  test.each([...plain, ...turned])('golden %s', async (file, operation) => {
    using _scope = device.scope();
    const golden = readGolden(`more/${file}`);
    const [x, w, bias] = [golden.x, golden.w, golden.b].map((value) => device.tensor(f32(value), value.shape));
    const found = await run([x, w, bias], f32(golden.dy), () => operation(x, w, { bias, ...settings(file) }));
    [golden.y, golden.dx, golden.dw, golden.db].forEach(({ data }, i) => {
      expect(relativeError(found[i], data), ['y', 'dx', 'dw', 'db'][i]).toBeLessThan(1e-5);
    });
  });

  test.each(['pooling', 'pooling_odd'])('golden %s', async (file) => {
    using _scope = device.scope();
    const golden = readGolden(`more/${file}`);
    const { kernel, ...options } = settings(file);
    const kinds: Record<string, (x: Tensor) => Tensor> = {
      max: (x) => maxPool2d(x, kernel, options),
      average: (x) => averagePool2d(x, kernel, options),
      inside: (x) => averagePool2d(x, kernel, { ...options, countPadding: false }),
    };
    for (const [kind, pool] of Object.entries(kinds)) {
      const x = device.tensor(f32(golden.x), golden.x.shape);
      const [y, dx] = await run([x], f32(golden[`${kind}_dy`]), () => pool(x));
      expect(relativeError(y, golden[`${kind}_y`].data), kind).toBeLessThan(1e-6);
      expect(relativeError(dx, golden[`${kind}_dx`].data), `gradient of ${kind}`).toBeLessThan(1e-6);
    }
  });

  test('any convolution is what float64 says, or refused', async () => {
    const size = fc.integer({ min: 1, max: 7 });
    const small = fc.integer({ min: 1, max: 3 });
    const pair = fc.tuple(small, small);
    const sizes = fc.record({
      batch: fc.integer({ min: 0, max: 2 }),
      height: size,
      width: size,
      inGroup: small,
      outGroup: small,
      groups: small,
    });
    const window = fc.record({ kernel: pair, stride: pair, padding: fc.tuple(fc.nat(2), fc.nat(2)), dilation: pair });
    await fc.assert(
      fc.asyncProperty(sizes, window, async ({ batch, height, width, inGroup, outGroup, groups }, { kernel, ...moves }) => {
        using _scope = device.scope();
        const [channels, filters] = [inGroup * groups, outGroup * groups];
        const options: ConvolutionOptions = { ...moves, groups };
        const along = (axis: 0 | 1) =>
          Math.floor(
            ([height, width][axis] + 2 * moves.padding[axis] - moves.dilation[axis] * (kernel[axis] - 1) - 1) / moves.stride[axis],
          ) + 1;
        const shape: ConvolutionShape = {
          ...{ batch, height, width, channels, filters, groups, bias: 1, outHeight: along(0), outWidth: along(1) },
          ...{ kernelHeight: kernel[0], kernelWidth: kernel[1], strideY: moves.stride[0], strideX: moves.stride[1] },
          ...{ padY: moves.padding[0], padX: moves.padding[1], dilationY: moves.dilation[0], dilationX: moves.dilation[1] },
        };
        const { x: sizeX, w: sizeW } = convolutionSizes(shape);
        const [x, w, bias] = [sizeX, sizeW, filters].map((length, i) => randomNormal(length, i + 1));
        const tensors = [
          device.tensor(x, [batch, height, width, channels]),
          device.tensor(w, [filters, ...kernel, inGroup]),
          device.tensor(bias),
        ];
        const apply = () => convolution2d(tensors[0], tensors[1], { ...options, bias: tensors[2] });
        if (shape.outHeight < 1 || shape.outWidth < 1) {
          expect(apply).toThrow(ShapeError);
          return;
        }
        const dy = randomNormal(convolutionSizes(shape).y, 4);
        const { dx, dw, dbias } = convolutionBackwardReference(shape, x, w, dy);
        const found = await run(tensors, dy, apply);
        [convolutionReference(shape, x, w, bias), dx, dw, dbias].forEach((right, i) => {
          expect(relativeError(found[i], right), ['y', 'dx', 'dw', 'db'][i]).toBeLessThan(1e-5);
        });
      }),
      { numRuns: 40, seed: 24 },
    );
  });

  test('any pooling is what float64 says, also of NaN and infinity', async () => {
    const window = fc
      .integer({ min: 1, max: 3 })
      .chain((kernel) =>
        fc.record({ kernel: fc.constant(kernel), stride: fc.integer({ min: 1, max: 3 }), pad: fc.nat(Math.floor(kernel / 2)) }),
      );
    const size = fc.integer({ min: 3, max: 7 });
    const sizes = fc.record({ batch: fc.integer({ min: 1, max: 2 }), height: size, width: size, channels: fc.integer({ min: 1, max: 5 }) });
    const values = fc.infiniteStream(fc.constantFrom(0, 1, 1, -2, 3, Number.NaN, Infinity, -Infinity));
    await fc.assert(
      fc.asyncProperty(sizes, window, window, values, fc.boolean(), async (image, down, across, stream, countPadding) => {
        using _scope = device.scope();
        const along = (length: number, { kernel, stride, pad }: typeof down) => Math.floor((length + 2 * pad - kernel) / stride) + 1;
        const shape: PoolingShape = {
          ...{ ...image, outHeight: along(image.height, down), outWidth: along(image.width, across) },
          ...{ kernelHeight: down.kernel, kernelWidth: across.kernel, strideY: down.stride, strideX: across.stride },
          ...{ padY: down.pad, padX: across.pad, padded: countPadding ? 1 : 0 },
        };
        const x = Float32Array.from(stream.take(image.batch * image.height * image.width * image.channels));
        const dy = randomNormal(image.batch * shape.outHeight * shape.outWidth * image.channels, 4);
        const options = { stride: [down.stride, across.stride], padding: [down.pad, across.pad] } as const;
        const kernel = [down.kernel, across.kernel] as const;
        for (const [right, pool] of [
          [maxPoolReference(shape, x, dy), (image: Tensor) => maxPool2d(image, kernel, options)],
          [averagePoolReference(shape, x, dy), (image: Tensor) => averagePool2d(image, kernel, { ...options, countPadding })],
        ] as const) {
          const leaf = device.tensor(x, [image.batch, image.height, image.width, image.channels]);
          const [y, dx] = await run([leaf], dy, () => pool(leaf));
          right.y.forEach((value, i) => {
            if (Number.isFinite(value)) expect(y[i]).toBeCloseTo(value, 5);
            else expect(y[i]).toBe(value);
          });
          expect(relativeError(dx, right.dx)).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 30, seed: 24 },
    );
  });

  test('NaN and infinity reach the places that read them, and no others', async () => {
    using _scope = device.scope();
    const shape: ConvolutionShape = {
      ...{ batch: 1, height: 5, width: 6, channels: 4, filters: 4, groups: 1, bias: 0, outHeight: 5, outWidth: 6 },
      ...{ kernelHeight: 3, kernelWidth: 3, strideY: 1, strideX: 1, padY: 1, padX: 1, dilationY: 1, dilationX: 1 },
    };
    const [x, w] = [randomNormal(120, 1), randomNormal(144, 2)];
    x.set([Number.NaN], 0);
    x.set([Infinity], 4 * 22);
    for (const groups of [1, 4]) {
      const weights = w.subarray(0, 144 / groups);
      const right = convolutionReference({ ...shape, groups }, x, weights);
      const out = await convolution2d(device.tensor(x, [1, 5, 6, 4]), device.tensor(weights, [4, 3, 3, 4 / groups]), {
        padding: 1,
        groups,
      }).read();
      right.forEach((value, i) => {
        if (Number.isFinite(value)) expect(out[i]).toBeCloseTo(value, 3);
        else expect(out[i]).toBe(value);
      });
    }
  });

  test('the mean over all places', async () => {
    using _scope = device.scope();
    const x = device
      .tensor(
        Float32Array.from({ length: 24 }, (_, i) => i),
        [2, 3, 2, 2],
      )
      .requireGradient();
    const [y, dx] = await run([x], Float32Array.of(6, 12, 18, 24), () => globalAveragePool2d(x));
    expect([...Float32Array.from(y)]).toEqual([5, 6, 17, 18]);
    expect([...Float32Array.from(dx)].map(Math.round)).toEqual(Array.from({ length: 24 }, (_, i) => (i < 12 ? [1, 2] : [3, 4])[i % 2]));
  });

  test('what does not fit is refused', () => {
    using _scope = device.scope();
    const zeros = (...shape: number[]): Tensor => device.zeros(shape);
    const [x, w] = [zeros(1, 4, 4, 2), zeros(3, 3, 3, 2)];
    for (const wrong of [
      () => convolution2d(zeros(4, 4, 2), w),
      () => convolution2d(x, zeros(3, 3, 3, 1)),
      () => convolution2d(x, zeros(3, 3, 3, 1), { groups: 2 }),
      () => convolution2d(x, w, { stride: 0 }),
      () => convolution2d(x, w, { padding: -1 }),
      () => convolution2d(x, w, { dilation: 2 }),
      () => convolution2d(x, w, { bias: zeros(2) }),
      () => convolution2d(device.zeros([1, 4, 4, 2], 'i32'), w),
      () => transposedConvolution2d(x, w),
      () => transposedConvolution2d(x, zeros(2, 3, 3, 1), { outputPadding: 1 }),
      () => maxPool2d(x, 5),
      () => maxPool2d(x, 2, { padding: 2 }),
      () => averagePool2d(zeros(4, 4, 2), 2),
      () => globalAveragePool2d(zeros(1, 0, 2, 2)),
    ])
      expect(wrong).toThrow(ShapeError);
  });
});
