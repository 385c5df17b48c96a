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

  accepts(number: unknown, bounded: boolean): boolean {
    if (typeof number !== 'number') return false;
    if (!this.real) return Number.isInteger(number) && number >= this.low && number <= this.high;
    const single = Math.fround(number);
    return Number.isFinite(single) && (!bounded || (single >= this.low && single <= this.high));
  }

  /** Where the first number that is not accepted lies; −1 for none. Typed arrays, the most of them, are quick. */
  firstWrong(numbers: ArrayLike<unknown>, bounded: boolean): number {
    if (!this.real || !(numbers instanceof Float64Array || numbers instanceof Float32Array)) {
      for (let i = 0; i < numbers.length; i++) if (!this.accepts(numbers[i], bounded)) return i;
      return -1;
    }
    const [low, high] = bounded ? [this.low, this.high] : UNBOUNDED;
    for (let i = 0; i < numbers.length; i++) {
      const single = Math.fround(numbers[i]);
      if (!(single - single === 0 && single >= low && single <= high)) return i;
    }
    return -1;
  }

  /** Puts numbers outside the bounds of an f32 box onto them, in place: what actions of a Gaussian head become. */
  clip(array: LeafValues): void {
    if (!this.real || (!Number.isFinite(this.low) && !Number.isFinite(this.high))) return;
    for (let i = 0; i < array.length; i++) array[i] = Math.min(this.high, Math.max(this.low, array[i]));
  }
}

const UNBOUNDED = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

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
    return this.readPart(this.space, arrays, index, { leaf: 0 }) as Value<S>;
  }

  private readPart(space: Space, arrays: readonly LeafValues[], index: number, at: { leaf: number }): unknown {
    if (space.kind === 'record')
      return Object.fromEntries(Object.entries(space.parts).map(([name, part]) => [name, this.readPart(part, arrays, index, at)]));
    const array = arrays[at.leaf];
    const { size } = this.checks[at.leaf++];
    return space.kind === 'discrete' ? array[index] : array.subarray(index * size, (index + 1) * size);
  }

  /** Puts numbers outside the bounds of f32 boxes onto them, in place. */
  clip(arrays: readonly LeafValues[]): void {
    for (let leaf = 0; leaf < this.checks.length; leaf++) this.checks[leaf].clip(arrays[leaf]);
  }

  /** The first thing wrong in the arrays of `count` values, and which value it is in. */
  find(arrays: readonly (LeafValues | undefined)[], count: number, bounded = true): (Mismatch & { readonly index: number }) | undefined {
    for (let leaf = 0; leaf < this.checks.length; leaf++) {
      const { size, space } = this.checks[leaf];
      const array = arrays[leaf];
      const what = this.nameOf(leaf);
      if (!array || array.length !== count * size)
        return { what, index: 0, given: array ? `${array.length} numbers` : 'nothing', expected: `${count * size} (${count} × ${size})` };
      const wrong = this.checks[leaf].firstWrong(array, bounded);
      if (wrong >= 0) return { what, index: Math.floor(wrong / size), given: String(array[wrong]), expected: expectedNumber(space) };
    }
    return undefined;
  }

  private writeLeaf(leaf: number, array: LeafValues, index: number, value: unknown, bounded: boolean): Mismatch | undefined {
    const check = this.checks[leaf];
    const { size, space } = check;
    if (space.kind === 'discrete') {
      if (!check.accepts(value, bounded)) return this.mismatch(leaf, String(value), expectedNumber(space));
      array[index] = value as number;
      return undefined;
    }
    if (!isArray(value)) return this.mismatch(leaf, String(value), `${size} numbers`);
    if (value.length !== size) return this.mismatch(leaf, `${value.length} numbers`, String(size));
    const wrong = check.firstWrong(value, bounded);
    if (wrong >= 0) return this.mismatch(leaf, String(value[wrong]), expectedNumber(space));
    for (let i = 0; i < size; i++) array[index * size + i] = value[i];
    return undefined;
  }

  private mismatch(leaf: number, given: string, expected: string): Mismatch {
    return { what: this.nameOf(leaf), given, expected };
  }

  private nameOf(leaf: number): string {
    return [this.what, ...this.paths[leaf]].join('.');
  }
}
