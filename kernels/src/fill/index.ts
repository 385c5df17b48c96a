import { type Kernel, linearGrid } from '../declaration.js';
import source from './fill.wgsl';

export type FillShape = {
  /** Elements. */
  readonly count: number;
  readonly value: number;
};

const WORKGROUP = 64;

/** `out[i] = value` for `i < count`. */
export const fill: Kernel<FillShape> = {
  name: 'fill',
  source,
  buffers: [{ name: 'out', access: 'read_write', element: 'f32' }],
  uniforms: [
    { name: 'count', type: 'u32' },
    { name: 'value', type: 'f32' },
  ],
  constants: () => ({ WORKGROUP }),
  grid: ({ count }) => linearGrid(count, WORKGROUP),
  cost: ({ count }) => ({ flops: 0, bytes: 4 * count }),
  sample: { count: 1000, value: 1 },
};
