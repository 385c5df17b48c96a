import { type Kernel, linearGrid, read, stridedGrid, stridedWorkgroup, u32, written } from '../declaration.js';
import maskedMeanSource from './masked-mean.wgsl';
import maskedMeanBackwardSource from './masked-mean-backward.wgsl';
import weightedMeansSource from './weighted-means.wgsl';

export type PartialSumsShape = {
  /** Elements. */
  readonly count: number;
  /** Partial sums of each quantity, see `partsOf`. */
  readonly parts: number;
};

export type WeightedMeansShape = {
  readonly parts: number;
  /** Quantities that share the mask. */
  readonly quantities: number;
};

/** Sums that `weightedMeans` forms at most, one an invocation. */
const MOST_SUMS = 8;

/** How many partial sums a sum of `count` elements is cut into: about its square root, whole vectors of lanes. */
export function partsOf(count: number): number {
  return Math.min(512, Math.max(8, 8 * Math.ceil(Math.sqrt(count) / 8)));
}

/** First launch of a masked mean: partial [2, parts] of Σ values·mask and Σ mask; `weightedMeans` is the second. */
export const maskedSums: Kernel<PartialSumsShape> = {
  name: 'cross-entropy/masked-sums',
  source: maskedMeanSource,
  lengths: ({ count, parts }) => ({ values: count, mask: count, partial: 2 * parts }),
  buffers: [read('values'), read('mask'), written('partial')],
  uniforms: u32('count', 'parts'),
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter) }),
  grid: ({ parts }, adapter) => linearGrid(parts, stridedWorkgroup(adapter)),
  cost: ({ count, parts }) => ({ flops: 3 * count, bytes: 8 * (count + parts) }),
  sample: { count: 3000, parts: partsOf(3000) },
};

/**
 * `out[q] = Σ_p partial[q, p] / Σmask` and `out[quantities] = Σmask`, from partial [quantities + 1, parts] whose last
 * row is the mask's. 0 where the mask is empty. At most 7 quantities.
 */
export const weightedMeans: Kernel<WeightedMeansShape> = {
  name: 'cross-entropy/weighted-means',
  source: weightedMeansSource,
  lengths: ({ parts, quantities }) => ({ partial: (quantities + 1) * parts, out: quantities + 1 }),
  buffers: [read('partial'), written('out')],
  uniforms: u32('parts', 'quantities'),
  constants: () => ({ WORKGROUP: MOST_SUMS }),
  grid: () => [1, 1, 1],
  cost: ({ parts, quantities }) => ({ flops: parts * (quantities + 1), bytes: 4 * (parts + 1) * (quantities + 1) }),
  sample: { parts: 56, quantities: 1 },
};

/** `dvalues[i] = mask[i] · dmean / Σmask`, overwriting; `mean` is what `weightedMeans` wrote: (mean, Σmask). */
export const maskedMeanBackward: Kernel<{ readonly count: number }> = {
  name: 'cross-entropy/masked-mean-backward',
  source: maskedMeanBackwardSource,
  lengths: ({ count }) => ({ mask: count, mean: 2, dmean: 1, dvalues: count }),
  buffers: [read('mask'), read('mean'), read('dmean'), written('dvalues')],
  uniforms: u32('count'),
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter) }),
  grid: ({ count }, adapter) => stridedGrid(count, adapter),
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
  sample: { count: 3000 },
};
