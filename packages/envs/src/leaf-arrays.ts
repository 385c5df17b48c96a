import { type LeafValues, leafArray, leavesOf, type Space } from '@coxswain/base';

/** Arrays for `count` values of a space, one for each leaf. */
export const leafArrays = (space: Space, count: number): LeafValues[] => leavesOf(space).map((leaf) => leafArray(leaf.space, count));
