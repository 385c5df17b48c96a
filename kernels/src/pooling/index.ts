/** Pooling of images, [batch, height, width, channels]: the greatest or the mean of each window. */
import {
  type AdapterTraits,
  type Kernel,
  read,
  specialConstants,
  stridedGrid,
  stridedWorkgroup,
  u32,
  valueConstants,
  written,
} from '../declaration.js';
import averageSource from './average.wgsl';
import averageShare from './average-share.wgsl';
import backwardSource from './backward.wgsl';
import maxSource from './max.wgsl';
import maxShare from './max-share.wgsl';

export * from './reference.js';

export type PoolingShape = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padY: number;
  readonly padX: number;
  /** Of a mean, 1: padding counts, as zeros; 0: only what is inside the image does. */
  readonly padded: number;
};

const sizes = ['batch', 'height', 'width', 'channels', 'outHeight', 'outWidth', 'kernelHeight', 'kernelWidth'] as const;
const inputs = ({ batch, height, width, channels }: PoolingShape): number => batch * height * width * channels;
const outputs = ({ batch, outHeight, outWidth, channels }: PoolingShape): number => batch * outHeight * outWidth * channels;

/** Values that are worth a workgroup of a software adapter: each is a window. */
const WORTH = 64;
const inFours = ({ channels }: PoolingShape): boolean => channels % 4 === 0;
const grid = (count: number, shape: PoolingShape, adapter: AdapterTraits) =>
  stridedGrid(count / valueConstants(inFours(shape)).LANES, adapter, WORTH);

const pooling = {
  uniforms: u32(...sizes, 'strideY', 'strideX', 'padY', 'padX'),
  constants: (shape: PoolingShape, adapter: AdapterTraits) => ({
    WORKGROUP: stridedWorkgroup(adapter),
    UNIT: shape.strideY === 1 && shape.strideX === 1,
    PADDED: shape.padded === 1,
    ...valueConstants(inFours(shape)),
    ...specialConstants(inFours(shape)),
  }),
  cost: (shape: PoolingShape) => ({
    flops: outputs(shape) * shape.kernelHeight * shape.kernelWidth,
    bytes: 4 * (inputs(shape) + outputs(shape)),
  }),
  sample: {
    ...{ batch: 8, height: 64, width: 64, channels: 32, outHeight: 32, outWidth: 32 },
    ...{ kernelHeight: 2, kernelWidth: 2, strideY: 2, strideX: 2, padY: 0, padX: 0, padded: 1 },
  },
};
const withTaps = (shape: PoolingShape) => ({ ...pooling.cost(shape), bytes: 4 * (inputs(shape) + 2 * outputs(shape)) });

/** out: the greatest of each window; taps: which tap that is, counted along the rows of the window. */
export const maxPool: Kernel<PoolingShape> = {
  ...pooling,
  name: 'pooling/max',
  source: maxSource,
  buffers: [read('x', 'f32', 'Value'), written('out', 'f32', 'Value'), written('taps', 'u32', 'Bits')],
  lengths: (shape) => ({ x: inputs(shape), out: outputs(shape), taps: outputs(shape) }),
  grid: (shape, adapter) => grid(outputs(shape), shape, adapter),
  cost: withTaps,
};

/** dx from dy and the taps of `maxPool`. */
export const maxPoolBackward: Kernel<PoolingShape> = {
  ...pooling,
  name: 'pooling/max-backward',
  source: backwardSource,
  fragments: () => ({ share: maxShare }),
  buffers: [read('dy', 'f32', 'Value'), read('taps', 'u32', 'Bits'), written('dx', 'f32', 'Value')],
  lengths: (shape) => ({ dy: outputs(shape), taps: outputs(shape), dx: inputs(shape) }),
  grid: (shape, adapter) => grid(inputs(shape), shape, adapter),
  cost: withTaps,
};

/** out: the mean of each window. */
export const averagePool: Kernel<PoolingShape> = {
  ...pooling,
  name: 'pooling/average',
  source: averageSource,
  buffers: [read('x', 'f32', 'Value'), written('out', 'f32', 'Value')],
  lengths: (shape) => ({ x: inputs(shape), out: outputs(shape) }),
  grid: (shape, adapter) => grid(outputs(shape), shape, adapter),
};

/** dx from dy of `averagePool`. */
export const averagePoolBackward: Kernel<PoolingShape> = {
  ...pooling,
  name: 'pooling/average-backward',
  source: backwardSource,
  fragments: () => ({ share: averageShare }),
  buffers: [read('dy', 'f32', 'Value'), written('dx', 'f32', 'Value')],
  lengths: (shape) => ({ dy: outputs(shape), dx: inputs(shape) }),
  grid: (shape, adapter) => grid(inputs(shape), shape, adapter),
};
