/** How the numbers of a row are dealt out: to one invocation, to the lanes of a subgroup, or to a workgroup. */
import { type AdapterTraits, type Grid, linearGrid, stridedGrid, stridedWorkgroup } from '../declaration.js';
import alone from './sharing-alone.wgsl';
import bySubgroup from './sharing-subgroup.wgsl';
import byWorkgroup from './sharing-workgroup.wgsl';

/** Rows at least so long are worth a workgroup of a GPU, or a subgroup of a software adapter. */
const WIDE = { gpu: 256, software: 32 } as const;
const WIDE_WORKGROUP = 256;
/** Workgroups of a software adapter that keep all of its threads busy. */
const MOST_GROUPS = 64;

export interface Sharing {
  /** Text of the fragment `sharing`: firstRow, rowStep, firstColumn, COLUMN_STEP, sumOfRow, maximumOfRow. */
  readonly sharing: string;
  readonly WORKGROUP: number;
  readonly grid: Grid;
}

/**
 * Who shares a row on this adapter.
 * @param perGroup rows that are worth a workgroup of a CPU where each is one invocation's.
 */
export function rowSharing(rows: number, width: number, adapter: AdapterTraits, perGroup: number): Sharing {
  const { family, subgroups } = adapter;
  if (width >= WIDE[family]) {
    if (family === 'gpu') return { sharing: byWorkgroup, WORKGROUP: WIDE_WORKGROUP, grid: linearGrid(rows, 1) };
    if (subgroups && subgroups.min === subgroups.max)
      return { sharing: bySubgroup, WORKGROUP: subgroups.max, grid: [Math.max(1, Math.min(MOST_GROUPS, rows)), 1, 1] };
  }
  return { sharing: alone, WORKGROUP: stridedWorkgroup(adapter), grid: stridedGrid(rows, adapter, perGroup) };
}
