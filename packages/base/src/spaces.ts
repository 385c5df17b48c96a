/** What observations and actions can be. Worlds and models meet in spaces, and nowhere else. */
import { CoxswainError } from './errors.js';

/** One of `count`. */
export interface DiscreteSpace {
  readonly kind: 'discrete';
  readonly count: number;
}

/** Up to `slots` rows of an embedding table, −1 for none: what is one of a sparse one-hot vector. */
export interface RowsSpace {
  readonly kind: 'rows';
  readonly rows: number;
  readonly slots: number;
  /** Whether each row can occur in one slot only; it speeds up the gradient. */
  readonly bySlot: boolean;
  /** `[rows]`: standard deviation of each row of the embedding at the start; −1 for the model's own. */
  readonly startSpread?: Float32Array;
}

/** An array of numbers. `low` and `high` bound all of them; where they are absent, any finite number. */
export interface BoxSpace {
  readonly kind: 'box';
  readonly shape: readonly number[];
  /** `u8` for pictures: 0 … 255, read as shares of 255. */
  readonly type: 'f32' | 'u8';
  readonly low?: number;
  readonly high?: number;
}

/** Several at once, by name. */
export interface RecordSpace {
  readonly kind: 'record';
  readonly parts: Readonly<Record<string, Space>>;
}

export type LeafSpace = DiscreteSpace | RowsSpace | BoxSpace;
export type Space = LeafSpace | RecordSpace;

export const discreteSpace = (count: number): DiscreteSpace => ({ kind: 'discrete', count });

/** @param bySlot see `RowsSpace`. */
export const rowsSpace = (rows: number, slots: number, bySlot = true): RowsSpace => ({ kind: 'rows', rows, slots, bySlot });

/** Finite numbers of f32. */
export const boxSpace = (
  shape: readonly number[],
  bounds: { readonly low?: number; readonly high?: number } = {},
): BoxSpace & { readonly type: 'f32' } => ({
  kind: 'box',
  shape,
  type: 'f32',
  ...bounds,
});

/** Values of a space for many at once, one after the other. */
export type Values<S extends Space> = S extends DiscreteSpace | RowsSpace
  ? Int32Array
  : S extends BoxSpace
    ? S['type'] extends 'u8'
      ? Uint8Array
      : S['type'] extends 'f32'
        ? Float32Array
        : Uint8Array | Float32Array
    : S extends RecordSpace
      ? { readonly [K in keyof S['parts']]: Values<S['parts'][K]> }
      : never;

/** Values of one leaf. */
export type LeafValues = Int32Array | Float32Array | Uint8Array;

/** A space of a space's that is no record, and where it lies. */
export interface Leaf {
  /** Names of records on the way, with dots between; empty for a space that is no record. */
  readonly path: string;
  readonly space: LeafSpace;
}

/** Parts of a space that are no records, in the order in which they are declared. */
export function leavesOf(space: Space, path = ''): readonly Leaf[] {
  if (space.kind !== 'record') return [{ path, space }];
  return Object.entries(space.parts).flatMap(([name, part]) => leavesOf(part, path ? `${path}.${name}` : name));
}

/** Numbers of one value of a leaf. */
export function leafSize(space: LeafSpace): number {
  if (space.kind === 'rows') return space.slots;
  return space.kind === 'box' ? space.shape.reduce((product, size) => product * size, 1) : 1;
}

/** An array for `count` values of a leaf. */
export function leafArray(space: LeafSpace, count: number): LeafValues {
  const size = count * leafSize(space);
  if (space.kind !== 'box') return new Int32Array(size);
  return space.type === 'u8' ? new Uint8Array(size) : new Float32Array(size);
}

/** Arrays for `count` values of a space, one for each leaf. */
export const leafArrays = (space: Space, count: number): LeafValues[] => leavesOf(space).map((leaf) => leafArray(leaf.space, count));

/**
 * The arrays of values, leaf by leaf; the arrays themselves, not copies. What is missing is `undefined`.
 * @param values as `Values` of the space says.
 */
export function leafValues(space: Space, values: unknown): readonly (LeafValues | undefined)[] {
  if (space.kind !== 'record') return [values as LeafValues | undefined];
  const record = values as Readonly<Record<string, unknown>> | undefined;
  return Object.entries(space.parts).flatMap(([name, part]) => leafValues(part, record?.[name]));
}

/** The arrays of values that are known to be whole, as those of a world that was checked. */
export const arraysOf = (space: Space, values: unknown): readonly LeafValues[] => leafValues(space, values) as readonly LeafValues[];

/** Values of a space from its leaves' arrays, in order: the inverse of `leafValues`. */
export function fromLeaves<S extends Space>(space: S, arrays: readonly LeafValues[]): Values<S> {
  let at = 0;
  const make = (part: Space): unknown =>
    part.kind === 'record' ? Object.fromEntries(Object.entries(part.parts).map(([name, inner]) => [name, make(inner)])) : arrays[at++];
  return make(space) as Values<S>;
}

/** In words, for errors: `12 numbers (f32)`, `5 rows of 80`. */
export function describeSpace(space: Space): string {
  if (space.kind === 'discrete') return `one of ${space.count}`;
  if (space.kind === 'rows') return `${space.slots} rows of ${space.rows}`;
  if (space.kind === 'box') return `${space.type} [${space.shape.join(', ')}]`;
  return `{ ${Object.entries(space.parts)
    .map(([name, part]) => `${name}: ${describeSpace(part)}`)
    .join('; ')} }`;
}

const wrong = (what: string, value: string, expected: string): CoxswainError =>
  new CoxswainError(`${what}: ${value}, expected ${expected}`, {
    code: 'bad-space',
    value: `${what}: ${value}`,
    expected,
    remedy: `correct ${what} in the world's spaces`,
  });

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

/**
 * @throws CoxswainError `bad-space` naming the first part that cannot be.
 * @param what it is, for the error: `observation`.
 */
export function checkSpace(space: Space, what: string): void {
  if (space.kind === 'record') {
    const parts = Object.entries(space.parts);
    if (parts.length === 0) throw wrong(what, 'a record of nothing', 'at least one part');
    for (const [name, part] of parts) checkSpace(part, `${what}.${name}`);
  } else if (space.kind === 'discrete') {
    if (!isSize(space.count)) throw wrong(`${what}.count`, String(space.count), 'a positive integer');
  } else if (space.kind === 'rows') checkRows(space, what);
  else if (space.kind === 'box') checkBox(space, what);
  else throw wrong(`${what}.kind`, String((space as { kind: unknown }).kind), 'discrete, rows, box or record');
}

function checkRows({ rows, slots, startSpread }: RowsSpace, what: string): void {
  for (const [name, value] of Object.entries({ rows, slots }))
    if (!isSize(value)) throw wrong(`${what}.${name}`, String(value), 'a positive integer');
  if (!startSpread) return;
  if (startSpread.length !== rows) throw wrong(`${what}.startSpread`, `${startSpread.length} numbers`, `${rows}, one for each row`);
  const bad = startSpread.find((spread) => !((spread >= 0 && Number.isFinite(spread)) || spread === -1));
  if (bad !== undefined) throw wrong(`${what}.startSpread`, String(bad), 'finite numbers of at least 0, or −1');
}

function checkBox({ shape, type, low, high }: BoxSpace, what: string): void {
  if (!Array.isArray(shape) || !shape.every(isSize)) throw wrong(`${what}.shape`, `[${shape}]`, 'positive integers');
  if (type !== 'f32' && type !== 'u8') throw wrong(`${what}.type`, String(type), 'f32 or u8');
  for (const [name, bound] of Object.entries({ low, high }))
    if (bound !== undefined && !Number.isFinite(bound))
      throw wrong(`${what}.${name}`, String(bound), 'a finite number, or none where there is no bound');
  if (low !== undefined && high !== undefined && !(low < high)) throw wrong(`${what}.low`, String(low), `less than high (${high})`);
}
