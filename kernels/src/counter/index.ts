import { type Kernel, u32, written } from '../declaration.js';
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
  buffers: [written('counter', 'u32')],
  lengths: ({ at, wide }) => ({ counter: at + 1 + wide }),
  uniforms: u32('at'),
  constants: ({ wide }) => ({ WIDE: wide === 1 }),
  grid: () => [1, 1, 1],
  cost: () => ({ flops: 0, bytes: 8 }),
  sample: { at: 2, wide: 1 },
};
