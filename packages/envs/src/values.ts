/** Values of a space, one at a time and checked. */
import {
  type BoxSpace,
  type DiscreteSpace,
  type LeafSpace,
  type LeafValues,
  leafSize,
  leavesOf,
  type RecordSpace,
  type RowsSpace,
  type Space,
} from '@coxswain/base';

/** One value of a space: a number for a discrete one, a list of them for rows and boxes, records of these. */
export type Value<S extends Space> = S extends DiscreteSpace
  ? number
  : S extends RowsSpace | BoxSpace
    ? ArrayLike<number>
    : S extends RecordSpace
      ? { readonly [K in keyof S['parts']]: Value<S['parts'][K]> }
      : never;

/** What is wrong with a value. */
export interface Mismatch {
  /** `observation.position`. */
  readonly what: string;
  readonly given: string;
  readonly expected: string;
}

const isArray = (value: unknown): value is ArrayLike<number> =>
  typeof value === 'object' && value !== null && typeof (value as { length?: unknown }).length === 'number';

/** The least and greatest number a leaf may hold. */
function boundsOf(space: LeafSpace): readonly [low: number, high: number] {
  if (space.kind === 'discrete') return [0, space.count - 1];
  if (space.kind === 'rows') return [-1, space.rows - 1];
  if (space.type === 'u8') return [Math.max(0, space.low ?? 0), Math.min(255, space.high ?? 255)];
  return [Math.fround(space.low ?? Number.NEGATIVE_INFINITY), Math.fround(space.high ?? Number.POSITIVE_INFINITY)];
}

const isReal = (space: LeafSpace): boolean => space.kind === 'box' && space.type === 'f32';

/** What a number of a leaf has to be, in words. */
function expectedNumber(space: LeafSpace): string {
  const [low, high] = boundsOf(space);
  const noun = isReal(space) ? 'finite numbers' : 'integers';
  if (!Number.isFinite(low) && !Number.isFinite(high)) return noun;
  if (!Number.isFinite(high)) return `${noun} of at least ${low}`;
  return Number.isFinite(low) ? `${noun} from ${low} to ${high}` : `${noun} of at most ${high}`;
}

/** Numbers of one leaf, by what may be in them. */
class LeafCheck {
  readonly size: number;
  readonly real: boolean;
  private readonly low: number;
  private readonly high: number;

  constructor(readonly space: LeafSpace) {
    this.size = leafSize(space);
    this.real = isReal(space);
    [this.low, this.high] = boundsOf(space);
  }

  accepts(number: unknown): boolean {
    if (typeof number !== 'number') return false;
    if (!this.real) return Number.isInteger(number) && number >= this.low && number <= this.high;
    const single = Math.fround(number);
    return Number.isFinite(single) && single >= this.low && single <= this.high;
  }
}

/** One value at a time, into and out of the arrays of a space's leaves. */
export class ValueAccess<S extends Space> {
  private readonly checks: readonly LeafCheck[];
  private readonly paths: readonly (readonly string[])[];

  /** @param what it is, for errors: `observation`. */
  constructor(
    readonly space: S,
    readonly what: string,
  ) {
    const leaves = leavesOf(space);
    this.checks = leaves.map((leaf) => new LeafCheck(leaf.space));
    this.paths = leaves.map(({ path }) => (path === '' ? [] : path.split('.')));
  }

  /**
   * Writes a value as the `index`-th.
   * @param bounded whether its numbers have to be within the bounds of boxes.
   * @returns what is wrong with it; then nothing of that leaf has been written.
   */
  write(arrays: readonly LeafValues[], index: number, value: unknown, bounded = true): Mismatch | undefined {
    for (let leaf = 0; leaf < this.checks.length; leaf++) {
      let part: unknown = value;
      for (const key of this.paths[leaf]) part = (part as Record<string, unknown> | undefined)?.[key];
      const mismatch = this.writeLeaf(leaf, arrays[leaf], index, part, bounded);
      if (mismatch) return mismatch;
    }
    return undefined;
  }

  /** The `index`-th value; lists are parts of the arrays themselves, not copies. */
  read(arrays: readonly LeafValues[], index: number): Value<S> {
    let at = 0;
    const make = (space: Space): unknown => {
      if (space.kind === 'record') return Object.fromEntries(Object.entries(space.parts).map(([name, part]) => [name, make(part)]));
      const leaf = at++;
      const { size } = this.checks[leaf];
      return space.kind === 'discrete' ? arrays[leaf][index] : arrays[leaf].subarray(index * size, (index + 1) * size);
    };
    return make(this.space) as Value<S>;
  }

  /** The first thing wrong in the arrays of `count` values, and which value it is in. */
  find(arrays: readonly (LeafValues | undefined)[], count: number, bounded = true): (Mismatch & { readonly index: number }) | undefined {
    for (let leaf = 0; leaf < this.checks.length; leaf++) {
      const { size, space } = this.checks[leaf];
      const array = arrays[leaf];
      const what = this.nameOf(leaf);
      if (!array || array.length !== count * size)
        return { what, index: 0, given: array ? `${array.length} numbers` : 'nothing', expected: `${count * size} (${count} × ${size})` };
      for (let i = 0; i < array.length; i++)
        if (!this.accepts(leaf, array[i], bounded))
          return { what, index: Math.floor(i / size), given: String(array[i]), expected: expectedNumber(space) };
    }
    return undefined;
  }

  private writeLeaf(leaf: number, array: LeafValues, index: number, value: unknown, bounded: boolean): Mismatch | undefined {
    const { size, space } = this.checks[leaf];
    const what = this.nameOf(leaf);
    if (space.kind === 'discrete') {
      if (!this.accepts(leaf, value, bounded)) return { what, given: String(value), expected: expectedNumber(space) };
      array[index] = value as number;
      return undefined;
    }
    if (!isArray(value)) return { what, given: String(value), expected: `${size} numbers` };
    if (value.length !== size) return { what, given: `${value.length} numbers`, expected: String(size) };
    for (let i = 0; i < size; i++)
      if (!this.accepts(leaf, value[i], bounded)) return { what, given: String(value[i]), expected: expectedNumber(space) };
    for (let i = 0; i < size; i++) array[index * size + i] = value[i];
    return undefined;
  }

  private accepts(leaf: number, number: unknown, bounded: boolean): boolean {
    const check = this.checks[leaf];
    return check.accepts(number) || (!bounded && check.real && Number.isFinite(Math.fround(number as number)));
  }

  private nameOf(leaf: number): string {
    return [this.what, ...this.paths[leaf]].join('.');
  }
}

/** Puts numbers outside the bounds of f32 boxes onto them, in place: what actions of a Gaussian head become. */
export function clipToBounds(space: Space, arrays: readonly LeafValues[]): void {
  leavesOf(space).forEach((leaf, at) => {
    if (leaf.space.kind !== 'box' || leaf.space.type !== 'f32') return;
    const [low, high] = boundsOf(leaf.space);
    if (!Number.isFinite(low) && !Number.isFinite(high)) return;
    const array = arrays[at];
    for (let i = 0; i < array.length; i++) array[i] = Math.min(high, Math.max(low, array[i]));
  });
}
