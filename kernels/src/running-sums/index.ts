import { type Kernel, read, written } from '../declaration.js';
import source from './running-sums.wgsl';

/** Terms that one launch takes at most. */
export const MOST_TERMS = 6;

const names = ['x0', 'x1', 'x2', 'x3', 'x4', 'x5'] as const;
const counts = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'] as const;

export type RunningSumsShape = Readonly<Record<(typeof counts)[number], number>> & {
  /** How many terms there are. */
  readonly terms: number;
  /** Bit i is set where term i is weighted. */
  readonly weighted: number;
};

const elements = (shape: RunningSumsShape): number => counts.reduce((sum, name) => sum + shape[name], 0);

/**
 * `sums[i] += Σ x_i`, or `Σ x_i · weights` for the terms of `weighted`, which all have as many elements as `weights`;
 * an element whose weight is 0 does not count, whatever it is. One launch for all numbers that a training step logs. An
 * absent term needs any bound buffer.
 */
export const runningSums: Kernel<RunningSumsShape> = {
  name: 'running-sums',
  source,
  buffers: [read('weights'), ...names.map((name) => ({ name, access: 'read', element: 'f32' }) as const), written('sums')],
  uniforms: [...counts.map((name) => ({ name, type: 'u32' }) as const), { name: 'weighted', type: 'u32' }],
  lengths: (shape) => {
    const weighted = counts.filter((_, i) => (shape.weighted >> i) & 1).map((name) => shape[name]);
    return {
      ...Object.fromEntries(names.map((name, i) => [name, shape[counts[i]]])),
      weights: Math.max(0, ...weighted),
      sums: shape.terms,
    };
  },
  constants: (_, { family }) => ({ WORKGROUP: family === 'software' ? 8 : 256 }),
  grid: ({ terms }) => [terms, 1, 1],
  cost: (shape) => ({ flops: 2 * elements(shape), bytes: 8 * elements(shape) }),
  sample: { n0: 4096, n1: 4096, n2: 4096, n3: 1, n4: 0, n5: 0, terms: 4, weighted: 3 },
};
