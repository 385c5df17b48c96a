import type { Kernel } from '../declaration.js';
import source from './advance.wgsl';

export type CounterShape = {
  /** Place of the (low) word. */
  readonly at: number;
  /** 1: the number has 64 bits, the low word first; 0: 32. */
  readonly wide: number;
};

/** `counter[at] += 1`, between launches that read it and without the host. */
export const counterAdvance: Kernel<CounterShape> = {
  name: 'counter/advance',
  source,
  buffers: [{ name: 'counter', access: 'read_write', element: 'u32' }],
  uniforms: [{ name: 'at', type: 'u32' }],
  constants: ({ wide }) => ({ WIDE: wide === 1 }),
  grid: () => [1, 1, 1],
  cost: () => ({ flops: 0, bytes: 8 }),
  sample: { at: 2, wide: 1 },
};
