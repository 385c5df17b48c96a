/**
 * Convolutions of images, [batch, height, width, channels]: channels last, so that a product of matrices reads and
 * writes them as they are. Without groups: `convolutionUnfold`, a product, and for the gradient of x a product and
 * `convolutionFold`. With groups: directly.
 */
import {
  type AdapterTraits,
  type Grid,
  type Kernel,
  linearGrid,
  read,
  stridedGrid,
  stridedWorkgroup,
  u32,
  valueConstants,
  written,
} from '../declaration.js';
import directSource from './direct.wgsl';
import inputSource from './direct-input.wgsl';
import weightSource from './direct-weight.wgsl';
import foldSource from './fold.wgsl';
import { type ConvolutionShape, convolutionSizes, sample, uniforms } from './shape.js';
import unfoldSource from './unfold.wgsl';

export * from './reference.js';
export { type ConvolutionShape, convolutionSizes } from './shape.js';

const values = ({ channels }: ConvolutionShape) => valueConstants(channels % 4 === 0);
const isUnit = ({ strideY, strideX }: ConvolutionShape): boolean => strideY === 1 && strideX === 1;
/** A workgroup an item on a GPU; a few that loop on a software adapter. */
const itemGrid = (items: number, { family }: AdapterTraits): Grid =>
  family === 'software' ? [Math.max(1, Math.min(64, items)), 1, 1] : linearGrid(items, 1);
const itemWorkgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 32);
const flops = (shape: ConvolutionShape): number =>
  (2 * convolutionSizes(shape).y * shape.kernelHeight * shape.kernelWidth * shape.channels) / shape.groups;

/**
 * columns [batch · outHeight · outWidth, kernelHeight · kernelWidth · channels]: what each place of the output sums
 * over.
 */
export const convolutionUnfold: Kernel<ConvolutionShape> = {
  name: 'convolution/unfold',
  source: unfoldSource,
  buffers: [read('x', 'f32', 'Value'), written('columns', 'f32', 'Value')],
  uniforms,
  lengths(shape) {
    const { x, columns } = convolutionSizes(shape);
    return { x, columns };
  },
  constants: (shape, adapter) => ({ WORKGROUP: itemWorkgroup(adapter), ...values(shape) }),
  grid: (shape, adapter) => itemGrid(convolutionSizes(shape).rows * shape.kernelHeight, adapter),
  cost(shape) {
    const { x, columns } = convolutionSizes(shape);
    return { flops: 0, bytes: 4 * (x + columns) };
  },
  sample,
};

/** dx from columns like those of `convolutionUnfold`: the sum of all that came from one place. */
export const convolutionFold: Kernel<ConvolutionShape> = {
  name: 'convolution/fold',
  source: foldSource,
  buffers: [read('columns', 'f32', 'Value'), written('dx', 'f32', 'Value')],
  uniforms,
  lengths(shape) {
    const { x, columns } = convolutionSizes(shape);
    return { columns, dx: x };
  },
  constants: (shape, adapter) => ({ WORKGROUP: itemWorkgroup(adapter), UNIT: isUnit(shape), ...values(shape) }),
  grid: ({ batch, height, width }, adapter) => itemGrid(batch * height * width, adapter),
  cost(shape) {
    const { x, columns } = convolutionSizes(shape);
    return { flops: columns, bytes: 4 * (x + columns) };
  },
  sample,
};

const directSample: ConvolutionShape = { ...sample, filters: 32, groups: 32 };
/** Numbers that are worth a workgroup of a software adapter: each is a sum of several. */
const WORTH = 64;

/**
 * out [batch, outHeight, outWidth, filters] of x with w [filters, kernelHeight, kernelWidth, channels / groups]; any
 * groups.
 */
export const convolutionDirect: Kernel<ConvolutionShape> = {
  name: 'convolution/direct',
  source: directSource,
  buffers: [read('x'), read('w'), read('bias'), written('out')],
  uniforms,
  lengths(shape) {
    const { x, w, y } = convolutionSizes(shape);
    return { x, w, bias: shape.bias * shape.filters, out: y };
  },
  constants: (shape, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), BIAS: shape.bias === 1 }),
  grid: (shape, adapter) => stridedGrid(convolutionSizes(shape).y, adapter, WORTH),
  cost(shape) {
    const { x, w, y } = convolutionSizes(shape);
    return { flops: flops(shape) + shape.bias * y, bytes: 4 * (x + w + y + shape.bias * shape.filters) };
  },
  sample: directSample,
};

/** The gradient dx of x from dy; any groups. */
export const convolutionDirectInput: Kernel<ConvolutionShape> = {
  name: 'convolution/direct-input',
  source: inputSource,
  buffers: [read('dy'), read('w'), written('dx')],
  uniforms,
  lengths(shape) {
    const { x, w, y } = convolutionSizes(shape);
    return { dy: y, w, dx: x };
  },
  constants: (shape, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), UNIT: isUnit(shape) }),
  grid: (shape, adapter) => stridedGrid(convolutionSizes(shape).x, adapter, WORTH),
  cost(shape) {
    const { x, w, y } = convolutionSizes(shape);
    return { flops: flops(shape), bytes: 4 * (x + w + y) };
  },
  sample: directSample,
};

export type ConvolutionWeightShape = ConvolutionShape & {
  /** Parts of the places of the output, each with sums of its own. */
  readonly parts: number;
};

/** Invocations that keep an adapter busy, and places that a part is worth being cut off for. */
const ENOUGH = { software: 256, gpu: 65536 } as const;
const PART = 64;

/** Parts for `convolutionDirectWeight` on this adapter. */
export function convolutionParts(shape: ConvolutionShape, { family }: AdapterTraits): number {
  const { w, rows } = convolutionSizes(shape);
  return Math.max(1, Math.min(Math.floor(ENOUGH[family] / Math.max(1, w)), Math.floor(rows / PART)));
}

/**
 * The gradient dw [parts, filters, kernelHeight, kernelWidth, channels / groups] of w, a sum over the places of each
 * part; any groups.
 */
export const convolutionDirectWeight: Kernel<ConvolutionWeightShape> = {
  name: 'convolution/direct-weight',
  source: weightSource,
  buffers: [read('x'), read('dy'), written('dw')],
  uniforms: [...uniforms, ...u32('parts')],
  lengths(shape) {
    const { x, w, y } = convolutionSizes(shape);
    return { x, dy: y, dw: shape.parts * w };
  },
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter) }),
  grid: (shape, adapter) => linearGrid(shape.parts * convolutionSizes(shape).w, stridedWorkgroup(adapter)),
  cost(shape) {
    const { x, w, y } = convolutionSizes(shape);
    return { flops: flops(shape), bytes: 4 * (x + y + shape.parts * w) };
  },
  sample: { ...directSample, parts: 4 },
};
