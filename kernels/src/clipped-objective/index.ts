import {
  f32,
  type Kernel,
  linearGrid,
  read,
  specialConstants,
  stridedGrid,
  stridedWorkgroup,
  u32,
  valueConstants,
  written,
} from '../declaration.js';
import backwardSource from './backward.wgsl';
import forwardSource from './forward.wgsl';
import statisticsSource from './statistics.wgsl';

export type ClippedObjectiveShape = {
  /** Decisions: length of newLogProb, oldLogProb and the loss. */
  readonly count: number;
  /** Neighbouring decisions that share one advantage: 1, or T where advantage is [B] and the rest [B, T]. */
  readonly period: number;
  /** Half-width of the trusted range of the probability ratio, such as 0.2. */
  readonly clip: number;
};

const uniforms = [...u32('count', 'period'), ...f32('clip')];
const inputs = [read('newLogProb'), read('oldLogProb'), read('advantage')] as const;
const inputLengths = ({ count, period }: ClippedObjectiveShape) => ({
  newLogProb: count,
  oldLogProb: count,
  advantage: Math.ceil(count / period),
});
const sample: ClippedObjectiveShape = { count: 3000, period: 1, clip: 0.2 };

/**
 * `loss[i] = −min(ratio · A, clamp(ratio, 1 − clip, 1 + clip) · A)`, ratio = exp(new − old), A = advantage[i / period]
 * (arXiv 1707.06347, eq. 7, negated).
 */
export const clippedObjective: Kernel<ClippedObjectiveShape> = {
  name: 'clipped-objective/forward',
  source: forwardSource,
  buffers: [...inputs, written('loss')],
  lengths: (shape) => ({ ...inputLengths(shape), loss: shape.count }),
  uniforms,
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), ...valueConstants(false), ...specialConstants(false) }),
  grid: ({ count }, adapter) => stridedGrid(count, adapter, 128),
  cost: ({ count, period }) => ({ flops: 14 * count, bytes: 4 * (3 * count + Math.ceil(count / period)) }),
  sample,
};

/** Gradient of `clippedObjective` for newLogProb, overwriting; 0 where the clipped term is the smaller one. */
export const clippedObjectiveBackward: Kernel<ClippedObjectiveShape> = {
  name: 'clipped-objective/backward',
  source: backwardSource,
  buffers: [...inputs, read('dloss'), written('dnewLogProb')],
  lengths: (shape) => ({ ...inputLengths(shape), dloss: shape.count, dnewLogProb: shape.count }),
  uniforms,
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter) }),
  grid: ({ count }, adapter) => stridedGrid(count, adapter, 128),
  cost: ({ count, period }) => ({ flops: 16 * count, bytes: 4 * (4 * count + Math.ceil(count / period)) }),
  sample,
};

export type ClippedStatisticsShape = {
  readonly count: number;
  /** Partial sums, see `partsOf`. */
  readonly parts: number;
  readonly clip: number;
};

/**
 * Partial sums [3, parts] which `weightedMeans` with two quantities turns into (approximate KL in nats, fraction
 * outside the clip range, Σmask): mean((ratio − 1) − log ratio), as CleanRL's `losses/approx_kl`, and
 * `losses/clipfrac`.
 */
export const clippedStatistics: Kernel<ClippedStatisticsShape> = {
  name: 'clipped-objective/statistics',
  source: statisticsSource,
  buffers: [read('newLogProb'), read('oldLogProb'), read('mask'), written('partial')],
  lengths: ({ count, parts }) => ({ newLogProb: count, oldLogProb: count, mask: count, partial: 3 * parts }),
  uniforms: [...u32('count', 'parts'), ...f32('clip')],
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter) }),
  grid: ({ parts }, adapter) => linearGrid(parts, stridedWorkgroup(adapter)),
  cost: ({ count, parts }) => ({ flops: 20 * count, bytes: 12 * (count + parts) }),
  sample: { count: 3000, parts: 56, clip: 0.2 },
};
