/**
 * Convolutions of images with channels last, [batch, height, width, channels], so that a place's channels are
 * neighbours in memory: a row of a product of matrices.
 */
import {
  type ConvolutionShape,
  convolutionDirect,
  convolutionDirectInput,
  convolutionDirectWeight,
  convolutionFold,
  convolutionParts,
  convolutionSizes,
  convolutionUnfold,
  PLAIN_PRODUCT,
} from '@coxswain/kernels';
import { accumulator, noGrad, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';
import { add } from './elementwise.js';
import { launchProduct } from './half.js';
import { weightGradient } from './linear.js';
import { accumulateRows } from './reduce.js';
import { imageOf, type Pair, pairOf, stepsOf, type Window } from './windows.js';

export interface ConvolutionOptions {
  /** f32 [filters] */
  readonly bias?: Tensor;
  /** Places from one window to the next; 1 by default. */
  readonly stride?: Pair;
  /** Zeros around the image; 0 by default. */
  readonly padding?: Pair;
  /** Places from one tap to the next; 1 by default. */
  readonly dilation?: Pair;
  /**
   * Groups of channels, each seen by as many of the filters only; 1 by default, as many as there are channels for a
   * depthwise one.
   */
  readonly groups?: number;
}

export interface TransposedConvolutionOptions extends ConvolutionOptions {
  /** Places that are added to the end of the image, below the stride; 0 by default. */
  readonly outputPadding?: Pair;
}

/**
 * `y[b, v, u, f] = bias[f] + Σ_ijc w[f, i, j, c] · x[b, v · stride + i · dilation − padding, …, c]`, as `torch.conv2d`
 * with channels last.
 * @param x f32 [batch, height, width, channels]
 * @param w f32 [filters, height, width, channels / groups]
 * @returns [batch, height, width, filters], each axis ⌊(size + 2 padding − dilation · (kernel − 1) − 1) / stride⌋ + 1
 * long
 * @throws ShapeError where they do not fit together.
 */
export function convolution2d(x: Tensor, w: Tensor, options: ConvolutionOptions = {}): Tensor<'f32'> {
  const { bias } = options;
  const { groups, window } = windowOf('convolution2d', x, w, options);
  const [batch, height, width, channels] = x.shape;
  const [filters, , , inGroup] = w.shape;
  if (channels !== inGroup * groups || filters % groups !== 0)
    throw new ShapeError('convolution2d', `x [${x.shape}] and w [${w.shape}]`, `filters and channels in ${groups} groups`);
  if (bias && bias.size !== filters) throw new ShapeError('convolution2d', `bias [${bias.shape}]`, `[${filters}]`);
  const out = stepsOf('convolution2d', [height, width], window);
  const shape = shapeOf(window, { batch, image: [height, width], channels, out, filters, groups });
  const y = forward(shape, x, w, bias);
  op('convolution2d', [x, w, ...(bias ? [bias] : [])], [y], ([gradient]) => {
    const dy = gradient as Tensor;
    if (w.requiresGradient) weightGradients(shape, x, dy, w, bias?.requiresGradient ? bias : undefined);
    else if (bias?.requiresGradient) biasGradient(dy, bias);
    return [x.requiresGradient ? inputGradient(shape, dy, w) : null, null, null];
  });
  return y;
}

/**
 * The transpose of `convolution2d`, which is its gradient with respect to the image, as `torch.conv_transpose2d` with
 * channels last.
 * @param x f32 [batch, height, width, channels]
 * @param w f32 [channels, height, width, filters / groups]
 * @returns [batch, height, width, filters], each axis (size − 1) · stride − 2 padding + dilation · (kernel − 1) +
 * outputPadding + 1 long
 * @throws ShapeError where they do not fit together.
 */
export function transposedConvolution2d(x: Tensor, w: Tensor, options: TransposedConvolutionOptions = {}): Tensor<'f32'> {
  const name = 'transposedConvolution2d';
  const { bias } = options;
  const { groups, window } = windowOf(name, x, w, options);
  const [batch, height, width, channels] = x.shape;
  const filters = w.shape[3] * groups;
  if (w.shape[0] !== channels || channels % groups !== 0)
    throw new ShapeError(name, `x [${x.shape}] and w [${w.shape}]`, `as many channels in both, in ${groups} groups`);
  if (bias && bias.size !== filters) throw new ShapeError(name, `bias [${bias.shape}]`, `[${filters}]`);
  const extra = pairOf(name, 'outputPadding', options.outputPadding ?? 0, 0);
  if (extra.some((n, axis) => n >= Math.max(window.stride[axis], window.dilation[axis])))
    throw new ShapeError(name, `outputPadding ${extra}`, 'less than the stride or the dilation');
  const image = imageOf(name, [height, width], window, extra);
  // Seen from the convolution whose transpose this is, x is its output.
  const shape = shapeOf(window, { batch, image, channels: filters, out: [height, width], filters: channels, groups });
  const y = inputGradient(shape, x, w);
  op(name, [x, w], [y], ([gradient]) => {
    const dy = gradient as Tensor;
    if (w.requiresGradient) weightGradients(shape, dy, x, w, undefined);
    return [x.requiresGradient ? forward(shape, dy, w, undefined) : null, null];
  });
  return bias ? add(y, bias as Tensor<'f32'>) : y;
}

/** The window of a convolution. @throws ShapeError for what no convolution has. */
function windowOf(name: string, x: Tensor, w: Tensor, { bias, stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvolutionOptions) {
  if (x.shape.length !== 4 || w.shape.length !== 4)
    throw new ShapeError(name, `x [${x.shape}] and w [${w.shape}]`, '[batch, height, width, channels] and four axes of w');
  const other = [x, w, bias].find((tensor) => tensor && tensor.dtype !== 'f32');
  if (other) throw new ShapeError(name, `a tensor of ${other.dtype}`, 'x, w and bias of f32');
  if (!Number.isInteger(groups) || groups < 1) throw new ShapeError(name, `groups ${groups}`, 'a whole number from 1 on');
  const window: Window = {
    kernel: pairOf(name, 'a kernel of', [w.shape[1], w.shape[2]], 1),
    stride: pairOf(name, 'stride', stride, 1),
    padding: pairOf(name, 'padding', padding, 0),
    dilation: pairOf(name, 'dilation', dilation, 1),
  };
  return { groups, window };
}

interface Sizes extends Pick<ConvolutionShape, 'batch' | 'channels' | 'filters' | 'groups'> {
  readonly image: readonly [number, number];
  readonly out: readonly [number, number];
}

function shapeOf({ kernel, stride, padding, dilation }: Window, { image, out, ...sizes }: Sizes): ConvolutionShape {
  const [height, width] = image;
  const [outHeight, outWidth] = out;
  const [kernelHeight, kernelWidth] = kernel;
  const moves = {
    strideY: stride[0],
    strideX: stride[1],
    padY: padding[0],
    padX: padding[1],
    dilationY: dilation[0],
    dilationX: dilation[1],
  };
  return { ...sizes, height, width, outHeight, outWidth, kernelHeight, kernelWidth, ...moves, bias: 0 };
}

/** Whether this is a product of matrices: without groups, and unfolded no larger than a buffer may be. */
function fitsProduct(shape: ConvolutionShape, { device }: Tensor): boolean {
  return shape.groups === 1 && 4 * convolutionSizes(shape).columns <= device.gpu.limits.maxStorageBufferBindingSize;
}

/** Whether each place of the output reads its own place of the input and no other. */
const isPointwise = (shape: ConvolutionShape): boolean =>
  [shape.kernelHeight, shape.kernelWidth, shape.strideY, shape.strideX].every((n) => n === 1) && shape.padY === 0 && shape.padX === 0;

/** What each place of the output sums over, as the rows of a matrix. */
function unfolded(shape: ConvolutionShape, x: Tensor): Tensor<'f32'> {
  const { rows, columns } = convolutionSizes(shape);
  if (isPointwise(shape)) return (x as Tensor<'f32'>).detach().reshape([rows, shape.channels]);
  const out = x.device.empty([rows, columns / Math.max(1, rows)]);
  x.device.dispatch(convolutionUnfold, shape, { x, columns: out });
  return out;
}

function forward(shape: ConvolutionShape, x: Tensor, w: Tensor, bias: Tensor | undefined): Tensor<'f32'> {
  const { device } = x;
  const { rows, columns } = convolutionSizes(shape);
  const y = device.empty([shape.batch, shape.outHeight, shape.outWidth, shape.filters]);
  const { dummy } = device;
  if (y.size === 0) return y;
  const withBias = bias ? 1 : 0;
  if (!fitsProduct(shape, x)) {
    device.dispatch(convolutionDirect, { ...shape, bias: withBias }, { x, w, bias: bias ?? dummy, out: y });
    return y;
  }
  const product = { ...PLAIN_PRODUCT, m: rows, n: shape.filters, k: columns / rows, transposeB: 1, bias: withBias };
  noGrad(() => launchProduct(product, { a: unfolded(shape, x), b: w, bias: bias ?? dummy, residual: dummy, c: y, sums: dummy }));
  return y;
}

/** dx from dy. */
function inputGradient(shape: ConvolutionShape, dy: Tensor, w: Tensor): Tensor<'f32'> {
  const { device } = dy;
  const { rows, columns } = convolutionSizes(shape);
  const dx = device.empty([shape.batch, shape.height, shape.width, shape.channels]);
  if (dx.size === 0) return dx;
  const { dummy } = device;
  if (!fitsProduct(shape, dy)) {
    device.dispatch(convolutionDirectInput, shape, { dy, w, dx });
    return dx;
  }
  const product = { ...PLAIN_PRODUCT, m: rows, n: columns / rows, k: shape.filters };
  const c = isPointwise(shape) ? dx : device.empty([rows, columns / rows]);
  launchProduct(product, { a: dy, b: w, bias: dummy, residual: dummy, c, sums: dummy });
  if (c !== dx) device.dispatch(convolutionFold, shape, { columns: c, dx });
  return dx;
}

/** Adds the gradients of the weights, and of the bias where it is given, to theirs. */
function weightGradients(shape: ConvolutionShape, x: Tensor, dy: Tensor, w: Tensor, bias: Tensor | undefined): void {
  const { device } = x;
  if (dy.size === 0 || w.size === 0) return;
  if (fitsProduct(shape, x)) {
    const rows = dy.detach().reshape([convolutionSizes(shape).rows, shape.filters]);
    noGrad(() => weightGradient(rows, unfolded(shape, x), accumulator(w), bias && accumulator(bias)));
    return;
  }
  const parts = convolutionParts(shape, device.traits);
  const dw = device.empty([parts, ...w.shape]);
  device.dispatch(convolutionDirectWeight, { ...shape, parts }, { x, dy, dw });
  accumulateRows(dw, accumulator(w));
  if (bias) biasGradient(dy, bias);
}

function biasGradient(dy: Tensor, bias: Tensor): void {
  if (sizeOf(dy.shape) > 0) accumulateRows(dy, accumulator(bias));
}
