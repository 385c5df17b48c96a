import { f32, type Kernel, read, stridedGrid, stridedWorkgroup, u32, valueConstants, written } from '../declaration.js';
import source from './adamw.wgsl';

export type AdamWShape = {
  /** Parameters in the flat buffer. */
  readonly count: number;
  /** 1 − β1 and 1 − β2 of the moving averages. */
  readonly decay1: number;
  readonly decay2: number;
  readonly eps: number;
  /** Decoupled decay, multiplied by the learning rate. */
  readonly weightDecay: number;
};

const lanesOf = (count: number): number => (count % 4 === 0 ? 4 : 1);

/**
 * One AdamW step in place on `parameters`, `mean` and `variance` (arXiv 1711.05101, algorithm 2; PyTorch's order of
 * operations). `hyper` is what `adamwHyper` makes, so a captured step replays with a new rate; `norm` [1] is the
 * gradient's global norm, by which it is clipped. Where that norm is infinite or NaN the step is left out and
 * `skipped` [1] counts one more.
 */
export const adamw: Kernel<AdamWShape> = {
  name: 'adamw',
  source,
  buffers: [
    written('parameters', 'f32', 'Value'),
    read('gradients', 'f32', 'Value'),
    written('mean', 'f32', 'Value'),
    written('variance', 'f32', 'Value'),
    read('hyper'),
    read('norm'),
    written('skipped', 'u32'),
  ],
  lengths: ({ count }) => ({ parameters: count, gradients: count, mean: count, variance: count, hyper: 4, norm: 1, skipped: 1 }),
  uniforms: [...u32('count'), ...f32('decay1', 'decay2', 'eps', 'weightDecay')],
  constants: ({ count }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), ...valueConstants(lanesOf(count) === 4) }),
  grid: ({ count }, adapter) => stridedGrid(count / lanesOf(count), adapter),
  cost: ({ count }) => ({ flops: 15 * count, bytes: 28 * count }),
  sample: { count: 10_000, decay1: 0.1, decay2: 0.001, eps: 1e-8, weightDecay: 0.03 },
};

/**
 * The `hyper` buffer of step `step` (the first is 1): learning rate, bias corrections 1 − β1^t and 1 − β2^t computed in
 * float64, and the greatest global gradient norm (0: no clipping).
 */
export function adamwHyper(options: {
  readonly learningRate: number;
  readonly step: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly maxNorm: number;
}): Float32Array {
  const { learningRate, step, beta1, beta2, maxNorm } = options;
  if (step < 1) throw new RangeError(`AdamW steps count from 1, got ${step}`);
  return Float32Array.of(learningRate, 1 - beta1 ** step, 1 - beta2 ** step, maxNorm);
}
