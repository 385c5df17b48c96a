import { f32, type Kernel, stridedGrid, stridedWorkgroup, u32, valueConstants, written } from '../declaration.js';
import source from './fill.wgsl';

export type FillShape = {
  /** Elements. */
  readonly count: number;
  readonly value: number;
};

const lanes = ({ count }: FillShape): number => (count % 4 === 0 ? 4 : 1);

/** `out[i] = value` for `i < count`. */
export const fill: Kernel<FillShape> = {
  name: 'fill',
  source,
  buffers: [written('out', 'f32', 'Value')],
  lengths: ({ count }) => ({ out: count }),
  uniforms: [...u32('count'), ...f32('value')],
  constants: (shape, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), ...valueConstants(lanes(shape) === 4) }),
  grid: (shape, adapter) => stridedGrid(shape.count / lanes(shape), adapter),
  cost: ({ count }) => ({ flops: 0, bytes: 4 * count }),
  sample: { count: 1000, value: 1 },
};
