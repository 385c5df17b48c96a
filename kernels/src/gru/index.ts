import { type RecurrenceForwardShape, type RecurrenceShape, type RecurrenceStepShape, recurrence } from '../recurrence/index.js';
import cell from './cell.wgsl';

export type GruShape = RecurrenceShape;
export type GruForwardShape = RecurrenceForwardShape;
export type GruCellShape = RecurrenceStepShape;

/**
 * A GRU in torch's gate order r, z, n (https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html), over
 * projected inputs; what its kernels read and leave is said of `recurrence`. `saved` holds r, z, n and W_n h + b_n.
 */
export const gruRecurrence = recurrence({ name: 'gru', gates: 3, kept: 4, flops: [30, 20], text: cell });

/** The kernels for this width on this adapter. */
export const gruKernels = gruRecurrence.kernels;
/**
 * One step: a product of matrices and this take a third to a half of the time of `gruForward` on a software adapter.
 */
export const gruCell = gruRecurrence.step;
export const { forward: gruForward, backward: gruBackward } = gruRecurrence.any;
export const { forward: gruForwardRows, backward: gruBackwardRows } = gruRecurrence.rows;
export const { forward: gruForwardSubgroups, backward: gruBackwardSubgroups } = gruRecurrence.subgroups;
export const { forward: gruForwardWorkgroup, backward: gruBackwardWorkgroup } = gruRecurrence.workgroup;
