import { type AdapterTraits, f32, type Kernel, linearGrid, read, u32, written } from '../declaration.js';
import addPartsSource from './add-parts.wgsl';
import backwardSource from './backward-subgroups.wgsl';
import forwardSource from './forward-subgroups.wgsl';
import { type LayerNormBackwardShape, type LayerNormShape, layerNormBackwardLengths, layerNormLengths } from './shape.js';

export type LayerNormPartsShape = {
  /** `layerNormParts(rows, adapter)`. */
  readonly parts: number;
  readonly width: number;
};

/** Numbers of a row per lane beyond which they no longer fit registers. */
const MOST_PER_LANE = 32;

/** Lanes of a subgroup where all subgroups have one size; the 8 of llvmpipe with AVX2 where it is not known. */
const lanes = ({ subgroups }: AdapterTraits): number => subgroups?.max ?? 8;

/**
 * Whether the kernels of this file run on this adapter: it has the feature `subgroups` with one size, and rows are such
 * that its lanes share them evenly, in fours or pairs.
 */
export function layerNormSharesRows(width: number, { subgroups }: AdapterTraits): boolean {
  if (!subgroups || subgroups.min !== subgroups.max) return false;
  const perLane = width / subgroups.max;
  return Number.isInteger(perLane / 2) && perLane <= MOST_PER_LANE;
}

/**
 * Workgroups that share the rows: each leaves one part of the gradients of gamma and beta. A GPU wants many; on a
 * software adapter one costs as much as many rows.
 */
export const layerNormParts = (rows: number, { family }: AdapterTraits): number => Math.min(rows, family === 'gpu' ? 512 : 32);

function constants({ width, affine }: Pick<LayerNormShape, 'width' | 'affine'>, adapter: AdapterTraits) {
  const perLane = Math.ceil(width / lanes(adapter));
  const lane = perLane % 4 === 0 ? 4 : 2;
  return { LANES: lanes(adapter), Value: `vec${lane}<f32>`, VECTORS: Math.ceil(perLane / lane), AFFINE: affine !== 0 };
}

/** `layerNormForward` where `layerNormSharesRows`; the same buffers, the same results to rounding. */
export const layerNormForwardSubgroups: Kernel<LayerNormShape> = {
  name: 'layer-norm/forward-subgroups',
  source: forwardSource,
  lengths: layerNormLengths,
  buffers: [
    read('x', 'vec4<f32>', 'Value'),
    read('gamma', 'vec4<f32>', 'Value'),
    read('beta', 'vec4<f32>', 'Value'),
    written('y', 'vec4<f32>', 'Value'),
    written('stats'),
  ],
  uniforms: [...u32('rows', 'width'), ...f32('eps')],
  constants,
  grid: ({ rows }, adapter) => [adapter.family === 'gpu' ? Math.min(rows, 8192) : layerNormParts(rows, adapter), 1, 1],
  cost: ({ rows, width }) => ({ flops: 8 * rows * width, bytes: 4 * (2 * rows * width + 2 * width + 2 * rows) }),
  sample: { rows: 3000, width: 64, eps: 1e-5, affine: 1 },
};

/**
 * `layerNormBackward` and, where affine, the gradients of gamma and beta in `parts` `[layerNormParts(rows, adapter), 2,
 * width]`, which is overwritten and `layerNormAddParts` adds up.
 */
export const layerNormBackwardSubgroups: Kernel<LayerNormBackwardShape> = {
  name: 'layer-norm/backward-subgroups',
  source: backwardSource,
  lengths: (shape, adapter) => ({
    ...layerNormBackwardLengths(shape),
    parts: shape.affine * layerNormParts(shape.rows, adapter) * 2 * shape.width,
  }),
  buffers: [
    read('x', 'vec4<f32>', 'Value'),
    read('gamma', 'vec4<f32>', 'Value'),
    read('stats'),
    read('dy', 'vec4<f32>', 'Value'),
    read('earlier', 'vec4<f32>', 'Value'),
    written('dx', 'vec4<f32>', 'Value'),
    written('parts', 'vec4<f32>', 'Value'),
  ],
  uniforms: u32('rows', 'width'),
  constants: (shape, adapter) => ({ ...constants(shape, adapter), EARLIER: shape.withEarlier !== 0 }),
  grid: ({ rows }, adapter) => [layerNormParts(rows, adapter), 1, 1],
  cost: ({ rows, width, withEarlier }) => ({
    flops: (14 + withEarlier) * rows * width,
    bytes: 4 * ((3 + withEarlier) * rows * width + width + 2 * rows),
  }),
  sample: { rows: 3000, width: 64, affine: 1, withEarlier: 1 },
};

/** Adds the parts that `layerNormBackwardSubgroups` left to dgamma and dbeta `[width]`. */
export const layerNormAddParts: Kernel<LayerNormPartsShape> = {
  name: 'layer-norm/add-parts',
  source: addPartsSource,
  lengths: ({ parts, width }) => ({ parts: 2 * parts * width, dgamma: width, dbeta: width }),
  buffers: [read('parts'), written('dgamma'), written('dbeta')],
  uniforms: u32('parts', 'width'),
  constants: () => ({ WORKGROUP: 8 }),
  grid: ({ width }) => linearGrid(width, 8),
  cost: ({ parts, width }) => ({ flops: 2 * parts * width, bytes: 4 * (2 * parts * width + 4 * width) }),
  sample: { parts: 32, width: 64 },
};
