import { type Kernel, linearGrid } from '../declaration.js';
import source from './adamw.wgsl';

export type AdamWShape = {
  /** Parameters. */
  readonly count: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled decay, times the learning rate. */
  readonly weightDecay: number;
};

const WORKGROUP = 64;

/**
 * One AdamW update in place of `parameters`, `m` and `v`. `hyper` is f32 [learning rate, 1 − β1ᵗ, 1 − β2ᵗ, largest norm],
 * `norm` [1] the gradient's global norm; where it is not finite nothing changes and `skipped` [1] counts it.
 */
export const adamw: Kernel<AdamWShape> = {
  name: 'adamw',
  source,
  buffers: [
    { name: 'gradients', access: 'read', element: 'f32' },
    { name: 'hyper', access: 'read', element: 'f32' },
    { name: 'norm', access: 'read', element: 'f32' },
    { name: 'parameters', access: 'read_write', element: 'f32' },
    { name: 'm', access: 'read_write', element: 'f32' },
    { name: 'v', access: 'read_write', element: 'f32' },
    { name: 'skipped', access: 'read_write', element: 'f32' },
  ],
  uniforms: [
    { name: 'count', type: 'u32' },
    { name: 'beta1', type: 'f32' },
    { name: 'beta2', type: 'f32' },
    { name: 'eps', type: 'f32' },
    { name: 'weightDecay', type: 'f32' },
  ],
  constants: () => ({ WORKGROUP }),
  grid: ({ count }) => linearGrid(count, WORKGROUP),
  cost: ({ count }) => ({ flops: 15 * count, bytes: 28 * count }),
  sample: { count: 1000, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.03 },
};
