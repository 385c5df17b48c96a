/** Slices, their gradients and concatenations along the last axis, in one launch each. */
import { type Kernel, read, written } from '../declaration.js';
import { rowGroups } from '../elementwise/broadcast.js';
import besideSource from './beside.wgsl';
import windowSource from './window.wgsl';

export type WindowShape = {
  readonly outer: number;
  /** Sizes of `out`. */
  readonly time: number;
  readonly width: number;
  /** Sizes of `x`. */
  readonly xTime: number;
  readonly xWidth: number;
  /** Where the window lies in x, may be negative. */
  readonly shiftTime: number;
  readonly shiftWidth: number;
};

/**
 * `out[i, t, j] = x[i, t + shiftTime, j + shiftWidth]`, 0 where that is past an edge of x. Elements of four bytes of
 * any type.
 */
export const copyWindow: Kernel<WindowShape> = {
  name: 'copy/window',
  source: windowSource,
  buffers: [read('x', 'u32'), written('out', 'u32')],
  uniforms: [
    ...(['outer', 'time', 'width', 'xTime', 'xWidth'] as const).map((name) => ({ name, type: 'u32' }) as const),
    { name: 'shiftTime', type: 'i32' },
    { name: 'shiftWidth', type: 'i32' },
  ],
  constants: ({ outer, time, width }, adapter) => ({ WORKGROUP: rowGroups(width, outer * time, adapter).workgroup }),
  lengths: ({ outer, time, width, xTime, xWidth }) => ({ x: outer * xTime * xWidth, out: outer * time * width }),
  grid: ({ outer, time, width }, adapter) => rowGroups(width, outer * time, adapter).grid,
  cost: ({ outer, time, width }) => ({ flops: 0, bytes: 8 * outer * time * width }),
  sample: { outer: 128, time: 25, width: 32, xTime: 24, xWidth: 96, shiftTime: -1, shiftWidth: 64 },
};

export type BesideShape = {
  readonly outer: number;
  readonly time: number;
  /** Steps of x, at least `time`. */
  readonly xTime: number;
  readonly xWidth: number;
  /** Steps of h, at least `time − lag`. */
  readonly hTime: number;
  readonly hWidth: number;
  readonly lag: number;
};

/**
 * `out[i, t, :] = (x[i, t, :], h[i, t − lag, :])`, with zeros for h where t < lag. Elements of four bytes of any type.
 */
export const copyBeside: Kernel<BesideShape> = {
  name: 'copy/beside',
  source: besideSource,
  buffers: [read('x', 'u32'), read('h', 'u32'), written('out', 'u32')],
  uniforms: (['outer', 'time', 'xTime', 'xWidth', 'hTime', 'hWidth', 'lag'] as const).map((name) => ({ name, type: 'u32' })),
  constants: ({ outer, time, xWidth, hWidth }, adapter) => ({ WORKGROUP: rowGroups(xWidth + hWidth, outer * time, adapter).workgroup }),
  lengths: ({ outer, time, xTime, xWidth, hTime, hWidth }) => ({
    x: outer * xTime * xWidth,
    h: outer * hTime * hWidth,
    out: outer * time * (xWidth + hWidth),
  }),
  grid: ({ outer, time, xWidth, hWidth }, adapter) => rowGroups(xWidth + hWidth, outer * time, adapter).grid,
  cost: ({ outer, time, xWidth, hWidth }) => ({ flops: 0, bytes: 8 * outer * time * (xWidth + hWidth) }),
  sample: { outer: 128, time: 24, xTime: 25, xWidth: 64, hTime: 25, hWidth: 32, lag: 1 },
};
