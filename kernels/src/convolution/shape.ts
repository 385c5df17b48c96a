import { u32 } from '../declaration.js';

/** Images [batch, height, width, channels] that become [batch, outHeight, outWidth, filters]. */
export type ConvolutionShape = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly filters: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** Places of the input from one place of the output to the next. */
  readonly strideY: number;
  readonly strideX: number;
  /** Zeros in front of the image and behind it. */
  readonly padY: number;
  readonly padX: number;
  /** Places of the input from one tap of the kernel to the next. */
  readonly dilationY: number;
  readonly dilationX: number;
  /** Groups of channels, each seen by as many of the filters only; it divides both. */
  readonly groups: number;
  /** 1: add bias [filters]. */
  readonly bias: number;
};

const sizes = ['batch', 'height', 'width', 'channels', 'outHeight', 'outWidth', 'filters', 'kernelHeight', 'kernelWidth'] as const;
const moves = ['strideY', 'strideX', 'padY', 'padX', 'dilationY', 'dilationX', 'groups'] as const;
export const uniforms = u32(...sizes, ...moves);

/** Numbers of the input, the output, the weights, and the matrix that `convolutionUnfold` makes of the input. */
export function convolutionSizes(shape: ConvolutionShape) {
  const { batch, height, width, channels, outHeight, outWidth, filters, kernelHeight, kernelWidth, groups } = shape;
  const rows = batch * outHeight * outWidth;
  const taps = kernelHeight * kernelWidth;
  return {
    x: batch * height * width * channels,
    y: rows * filters,
    w: (filters * taps * channels) / groups,
    rows,
    columns: rows * taps * channels,
  };
}

export const sample: ConvolutionShape = {
  batch: 8,
  height: 32,
  width: 32,
  channels: 32,
  outHeight: 32,
  outWidth: 32,
  filters: 64,
  kernelHeight: 3,
  kernelWidth: 3,
  strideY: 1,
  strideX: 1,
  padY: 1,
  padX: 1,
  dilationY: 1,
  dilationX: 1,
  groups: 1,
  bias: 0,
};
