import { type AdapterTraits, f32, type Kernel, linearGrid, read, u32, written } from '../declaration.js';
import backwardSource from './backward.wgsl';
import backwardGammaSource from './backward-gamma.wgsl';
import forwardSource from './forward.wgsl';

export type RmsNormShape = {
  readonly rows: number;
  /** Elements of a row, all normalised together. */
  readonly width: number;
  /** Added to the mean square. */
  readonly eps: number;
};
export type RmsNormBackwardShape = { readonly rows: number; readonly width: number };

/** Small groups on a software adapter, so that few rows still occupy every core. */
const workgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 16 : 64);
/** Terms of a partial sum: long sums are sums of these, which keeps their rounding errors down. */
const BLOCK = 64;
const columnWorkgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 64);

/**
 * `y = x / √(mean(x²) + eps) · gamma` per row (Zhang & Sennrich, https://arxiv.org/abs/1910.07467).
 * x, y `[rows, width]`; gamma `[width]`; stats `[rows]` receives 1/√(mean(x²) + eps) for the gradients.
 */
export const rmsNormForward: Kernel<RmsNormShape> = {
  name: 'rms-norm/forward',
  source: forwardSource,
  lengths: ({ rows, width }) => ({ x: rows * width, gamma: width, y: rows * width, stats: rows }),
  buffers: [read('x'), read('gamma'), written('y'), written('stats')],
  uniforms: [...u32('rows', 'width'), ...f32('eps')],
  constants: (_, adapter) => ({ WORKGROUP: workgroup(adapter), BLOCK }),
  grid: ({ rows }, adapter) => linearGrid(rows, workgroup(adapter)),
  cost: ({ rows, width }) => ({ flops: 4 * rows * width, bytes: 4 * (2 * rows * width + width + rows) }),
  sample: { rows: 3000, width: 64, eps: 1e-6 },
};

/** Gradient for x. stats as `rmsNormForward` left them; dx `[rows, width]` is overwritten. */
export const rmsNormBackward: Kernel<RmsNormBackwardShape> = {
  name: 'rms-norm/backward',
  source: backwardSource,
  lengths: ({ rows, width }) => ({ x: rows * width, gamma: width, stats: rows, dy: rows * width, dx: rows * width }),
  buffers: [read('x'), read('gamma'), read('stats'), read('dy'), written('dx')],
  uniforms: u32('rows', 'width'),
  constants: (_, adapter) => ({ WORKGROUP: workgroup(adapter) }),
  grid: ({ rows }, adapter) => linearGrid(rows, workgroup(adapter)),
  cost: ({ rows, width }) => ({ flops: 8 * rows * width, bytes: 4 * (3 * rows * width + width + rows) }),
  sample: { rows: 3000, width: 64 },
};

/** Adds the gradient of gamma `[width]` to dgamma. */
export const rmsNormBackwardGamma: Kernel<RmsNormBackwardShape> = {
  name: 'rms-norm/backward-gamma',
  source: backwardGammaSource,
  lengths: ({ rows, width }) => ({ x: rows * width, stats: rows, dy: rows * width, dgamma: width }),
  buffers: [read('x'), read('stats'), read('dy'), written('dgamma')],
  uniforms: u32('rows', 'width'),
  constants: (_, adapter) => ({ WORKGROUP: columnWorkgroup(adapter), BLOCK }),
  grid: ({ width }, adapter) => linearGrid(width, columnWorkgroup(adapter)),
  cost: ({ rows, width }) => ({ flops: 3 * rows * width, bytes: 4 * (2 * rows * width + 2 * width + rows) }),
  sample: { rows: 3000, width: 64 },
};
