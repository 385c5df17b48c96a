/** Pooling of images with channels last, [batch, height, width, channels]. */
import {
  averagePoolBackward,
  averagePool as averagePoolKernel,
  maxPoolBackward,
  maxPool as maxPoolKernel,
  type PoolingShape,
} from '@coxswain/kernels';
import { op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { type Pair, pairOf, stepsOf } from './windows.js';

export interface PoolingOptions {
  /** Places from one window to the next; as many as the window has by default. */
  readonly stride?: Pair;
  /** Places around the image, at most half a window; 0 by default. */
  readonly padding?: Pair;
}

/**
 * The greatest number of each window, as `torch.max_pool2d` with channels last. Its gradient goes to the first of
 * several; NaN counts as the greatest, padding as the least.
 * @param x f32 [batch, height, width, channels]
 * @returns [batch, height, width, channels], each axis ⌊(size + 2 padding − window) / stride⌋ + 1 long
 * @throws ShapeError where they do not fit together.
 */
export function maxPool2d(x: Tensor, window: Pair, options: PoolingOptions = {}): Tensor<'f32'> {
  const { device } = x;
  const shape = shapeOf('maxPool2d', x, window, options);
  const out = device.empty([shape.batch, shape.outHeight, shape.outWidth, shape.channels]);
  const taps = device.empty(out.shape, 'u32');
  if (out.size > 0) device.dispatch(maxPoolKernel, shape, { x, out, taps });
  op('maxPool2d', [x], [out], ([dy]) => {
    const dx = device.empty(x.shape);
    if (dx.size > 0) device.dispatch(maxPoolBackward, shape, { dy: dy as Tensor, taps, dx });
    return [dx];
  });
  return out;
}

export interface AveragePoolingOptions extends PoolingOptions {
  /** Whether padding counts, as zeros; true by default, as in torch. */
  readonly countPadding?: boolean;
}

/**
 * The mean of each window, as `torch.avg_pool2d` with channels last.
 * @param x f32 [batch, height, width, channels]
 * @returns [batch, height, width, channels], each axis ⌊(size + 2 padding − window) / stride⌋ + 1 long
 * @throws ShapeError where they do not fit together.
 */
export function averagePool2d(x: Tensor, window: Pair, { countPadding = true, ...options }: AveragePoolingOptions = {}): Tensor<'f32'> {
  const { device } = x;
  const shape = { ...shapeOf('averagePool2d', x, window, options), padded: countPadding ? 1 : 0 };
  const out = device.empty([shape.batch, shape.outHeight, shape.outWidth, shape.channels]);
  if (out.size > 0) device.dispatch(averagePoolKernel, shape, { x, out });
  op('averagePool2d', [x], [out], ([dy]) => {
    const dx = device.empty(x.shape);
    if (dx.size > 0) device.dispatch(averagePoolBackward, shape, { dy: dy as Tensor, dx });
    return [dx];
  });
  return out;
}

/**
 * The mean over all places of an image.
 * @param x f32 [batch, height, width, channels]
 * @returns [batch, channels]
 * @throws ShapeError for another number of axes, or an image without places.
 */
export function globalAveragePool2d(x: Tensor): Tensor<'f32'> {
  const [batch, height, width, channels] = x.shape;
  return averagePool2d(x, [height, width]).reshape([batch, channels]);
}

function shapeOf(name: string, x: Tensor, window: Pair, { stride = window, padding = 0 }: PoolingOptions): PoolingShape {
  if (x.shape.length !== 4 || x.dtype !== 'f32')
    throw new ShapeError(name, `x ${x.dtype} [${x.shape}]`, 'f32 [batch, height, width, channels]');
  const [batch, height, width, channels] = x.shape;
  const kernel = pairOf(name, 'a window of', window, 1);
  const [strideY, strideX] = pairOf(name, 'stride', stride, 1);
  const [padY, padX] = pairOf(name, 'padding', padding, 0);
  const [kernelHeight, kernelWidth] = kernel;
  if (2 * padY > kernelHeight || 2 * padX > kernelWidth)
    throw new ShapeError(name, `padding ${[padY, padX]}`, `at most half a window of ${kernel}`);
  const [outHeight, outWidth] = stepsOf(name, [height, width], {
    kernel,
    stride: [strideY, strideX],
    padding: [padY, padX],
    dilation: [1, 1],
  });
  const sizes = { batch, height, width, channels, outHeight, outWidth };
  return { ...sizes, kernelHeight, kernelWidth, strideY, strideX, padY, padX, padded: 1 };
}
