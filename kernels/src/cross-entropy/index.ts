import { type BufferSlot, type Kernel, read, u32, valueConstants, written } from '../declaration.js';
import { across } from '../fragments/across.js';
import { rowSharing } from '../fragments/sharing.js';
import backwardSource from './backward.wgsl';
import forwardSource from './forward.wgsl';
import softmaxSource from './softmax.wgsl';
import softmaxBackwardSource from './softmax-backward.wgsl';

export * from './masked-mean.js';

export type RowsOfClasses = {
  readonly rows: number;
  /** Row length. */
  readonly classes: number;
};

/** Rows that are worth a workgroup of a CPU: each is a few passes over its classes. */
const ROWS_PER_GROUP = 64;
const EXP_FLOPS = 8;
const byFour = (classes: number): boolean => classes % 4 === 0;
/** Buffers of one number a row; the others have one a class. */
const PER_ROW: ReadonlySet<string> = new Set(['targets', 'nll', 'dnll']);

function rowKernel(
  name: string,
  source: string,
  buffers: readonly BufferSlot[],
  passes: { readonly flops: number; readonly floats: number; readonly perRow: number },
  constants: Readonly<Record<string, boolean>> = {},
): Kernel<RowsOfClasses> {
  return {
    name: `cross-entropy/${name}`,
    source,
    buffers,
    uniforms: u32('rows', 'classes'),
    lengths: ({ rows, classes }) =>
      Object.fromEntries(buffers.map(({ name: buffer }) => [buffer, PER_ROW.has(buffer) ? rows : rows * classes])),
    fragments: ({ rows, classes }, adapter) => ({
      sharing: rowSharing(rows, classes, adapter, ROWS_PER_GROUP).sharing,
      across: across(byFour(classes)),
    }),
    constants: ({ rows, classes }, adapter) => ({
      WORKGROUP: rowSharing(rows, classes, adapter, ROWS_PER_GROUP).WORKGROUP,
      ...valueConstants(byFour(classes)),
      ...constants,
    }),
    grid: ({ rows, classes }, adapter) => rowSharing(rows, classes, adapter, ROWS_PER_GROUP).grid,
    cost: ({ rows, classes }) => ({ flops: passes.flops * rows * classes, bytes: 4 * rows * (passes.floats * classes + passes.perRow) }),
    sample: { rows: 1000, classes: 16 },
  };
}

const softmaxBuffers = [read('x', 'f32', 'Value'), written('out', 'f32', 'Value')] as const;
const softmaxBackwardBuffers = [read('y', 'f32', 'Value'), read('dout', 'f32', 'Value'), written('dx', 'f32', 'Value')] as const;
const forwardCost = { flops: 2 * EXP_FLOPS + 4, floats: 2, perRow: 0 };
const backwardCost = { flops: EXP_FLOPS + 3, floats: 3, perRow: 0 };

/** Probabilities of each row, exact for logits of any finite size. x, out [rows, classes]. */
export const softmax = rowKernel('softmax', softmaxSource, softmaxBuffers, forwardCost, { LOGARITHM: false });

/** Log-probabilities of each row. x, out [rows, classes]. */
export const logSoftmax = rowKernel('log-softmax', softmaxSource, softmaxBuffers, forwardCost, { LOGARITHM: true });

/** Gradient of `softmax` from its output y; overwrites dx. */
export const softmaxBackward = rowKernel('softmax-backward', softmaxBackwardSource, softmaxBackwardBuffers, backwardCost, {
  LOGARITHM: false,
});

/** Gradient of `logSoftmax` from its output y; overwrites dx. */
export const logSoftmaxBackward = rowKernel('log-softmax-backward', softmaxBackwardSource, softmaxBackwardBuffers, backwardCost, {
  LOGARITHM: true,
});

/**
 * `nll[row] = −log softmax(logits[row])[targets[row]]`, in nats; 0 where the target is −1 (padding), NaN where it is no
 * class.
 */
export const crossEntropy = rowKernel('forward', forwardSource, [read('logits', 'f32', 'Value'), read('targets', 'i32'), written('nll')], {
  flops: EXP_FLOPS + 3,
  floats: 1,
  perRow: 2,
});

/**
 * `dlogits = (softmax − onehot) · dnll[row]`, overwriting; rows of padding (−1) get 0, those whose target is no class
 * NaN.
 */
export const crossEntropyBackward = rowKernel(
  'backward',
  backwardSource,
  [read('logits', 'f32', 'Value'), read('targets', 'i32'), read('dnll'), written('dlogits', 'f32', 'Value')],
  { flops: 2 * EXP_FLOPS + 5, floats: 2, perRow: 2 },
);
