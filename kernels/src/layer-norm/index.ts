import { type AdapterTraits, f32, type Kernel, linearGrid, read, u32, written } from '../declaration.js';
import backwardSource from './backward.wgsl';
import backwardParametersSource from './backward-parameters.wgsl';
import forwardSource from './forward.wgsl';

import {
  type LayerNormBackwardShape,
  type LayerNormParametersShape,
  type LayerNormShape,
  layerNormBackwardLengths,
  layerNormLengths,
} from './shape.js';

export type { LayerNormBackwardShape, LayerNormParametersShape, LayerNormShape } from './shape.js';
export * from './subgroups.js';

/** Terms of a partial sum: long sums are sums of these, which keeps their rounding errors down. */
const BLOCK = 64;
/** Rows that one invocation takes together. */
const ROWS = 4;
/** Small groups on a software adapter, so that few rows still occupy every core. */
const workgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 64);
const columnWorkgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 64);

/**
 * `y = (x − mean) / √(variance + eps) · gamma + beta` per row (Ba et al., https://arxiv.org/abs/1607.06450). x, y
 * `[rows, width]`; gamma, beta `[width]`; stats `[rows, 2]` receives mean and 1/√(variance + eps) for the gradients.
 */
export const layerNormForward: Kernel<LayerNormShape> = {
  name: 'layer-norm/forward',
  source: forwardSource,
  buffers: [read('x'), read('gamma'), read('beta'), written('y'), written('stats')],
  uniforms: [...u32('rows', 'width'), ...f32('eps')],
  constants: ({ affine }, adapter) => ({ WORKGROUP: workgroup(adapter), AFFINE: affine !== 0, BLOCK }),
  lengths: layerNormLengths,
  grid: ({ rows }, adapter) => linearGrid(Math.ceil(rows / ROWS), workgroup(adapter)),
  cost: ({ rows, width }) => ({ flops: 8 * rows * width, bytes: 4 * (2 * rows * width + 2 * width + 2 * rows) }),
  sample: { rows: 3000, width: 64, eps: 1e-5, affine: 1 },
};

/**
 * Gradient for x. stats as `layerNormForward` left them; dx `[rows, width]` is overwritten by it and `earlier [rows,
 * width]`.
 */
export const layerNormBackward: Kernel<LayerNormBackwardShape> = {
  name: 'layer-norm/backward',
  source: backwardSource,
  lengths: layerNormBackwardLengths,
  buffers: [read('x'), read('gamma'), read('stats'), read('dy'), read('earlier'), written('dx')],
  uniforms: u32('rows', 'width'),
  constants: ({ affine, withEarlier }, adapter) => ({
    WORKGROUP: workgroup(adapter),
    AFFINE: affine !== 0,
    EARLIER: withEarlier !== 0,
  }),
  grid: ({ rows }, adapter) => linearGrid(Math.ceil(rows / ROWS), workgroup(adapter)),
  cost: ({ rows, width, withEarlier }) => ({
    flops: (11 + withEarlier) * rows * width,
    bytes: 4 * ((3 + withEarlier) * rows * width + width + 2 * rows),
  }),
  sample: { rows: 3000, width: 64, affine: 1, withEarlier: 1 },
};

/** Adds the gradients of gamma and beta `[width]` to dgamma and dbeta. */
export const layerNormBackwardParameters: Kernel<LayerNormParametersShape> = {
  name: 'layer-norm/backward-parameters',
  source: backwardParametersSource,
  lengths: ({ rows, width }) => ({ x: rows * width, stats: 2 * rows, dy: rows * width, dgamma: width, dbeta: width }),
  buffers: [read('x'), read('stats'), read('dy'), written('dgamma'), written('dbeta')],
  uniforms: u32('rows', 'width'),
  constants: (_, adapter) => ({ WORKGROUP: columnWorkgroup(adapter), BLOCK }),
  grid: ({ width }, adapter) => linearGrid(width, columnWorkgroup(adapter)),
  cost: ({ rows, width }) => ({ flops: 5 * rows * width, bytes: 4 * (2 * rows * width + 4 * width + 2 * rows) }),
  sample: { rows: 3000, width: 64 },
};
