import { type Kernel, read, stridedGrid, stridedWorkgroup, u32, written } from '../declaration.js';
import source from './narrow.wgsl';

export type NarrowShape = {
  /** Elements, a multiple of 4. */
  readonly count: number;
};

/**
 * `out[i] = f16(x[i])`, two elements to a u32, as the products in half precision take them. The adapter has to have
 * `f16`. What is beyond its range becomes infinite, so that a gradient that overflowed is found in its norm.
 */
export const narrow: Kernel<NarrowShape> = {
  name: 'narrow',
  source,
  buffers: [read('x', 'vec4<f32>'), written('out', 'vec4<f16>')],
  lengths: ({ count }) => ({ x: count, out: count }),
  uniforms: u32('count'),
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter) }),
  grid: ({ count }, adapter) => stridedGrid(count / 4, adapter),
  cost: ({ count }) => ({ flops: 0, bytes: 6 * count }),
  sample: { count: 1000 },
};
