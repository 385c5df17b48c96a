import { type Kernel, linearGrid } from '../declaration.js';
import source from './copy-words.wgsl';

export type CopyWordsShape = {
  /** 4-byte words. */
  readonly count: number;
};

const WORKGROUP = 64;

/** `out[i] = input[i]` for `i < count`, whatever the 4-byte type. */
export const copyWords: Kernel<CopyWordsShape> = {
  name: 'copy-words',
  source,
  buffers: [
    { name: 'input', access: 'read', element: 'u32' },
    { name: 'out', access: 'read_write', element: 'u32' },
  ],
  uniforms: [{ name: 'count', type: 'u32' }],
  constants: () => ({ WORKGROUP }),
  grid: ({ count }) => linearGrid(count, WORKGROUP),
  cost: ({ count }) => ({ flops: 0, bytes: 8 * count }),
  sample: { count: 1000 },
};
