/** What properties know of an operation: a row of the table that has one for every public operation. */
import type { Tensor } from '../../src/index.js';
import type { Draw } from './draw.js';
import type { Arguments, Uploaded } from './host.js';

/** What an output has to be. */
export interface Expected {
  readonly shape: readonly number[];
  /** In float64. */
  readonly values: ArrayLike<number>;
  /**
   * What errors are relative to: the sum of the finite terms' absolute values where terms may cancel, |value| where
   * absent. Where it is past the largest f32, a sum of such terms may be infinite or NaN too.
   */
  readonly magnitude?: ArrayLike<number>;
}

export type Reference = Readonly<Record<string, Expected>>;

export interface Row<A extends Arguments = Arguments> {
  /** Largest error relative to the magnitude. */
  readonly tolerance: number;
  /** Legal arguments: every shape, flag and special value that the operation takes. */
  draw(draw: Draw): A;
  /** Runs the operation; what it changes in place is an output too. */
  run(given: Uploaded<A>): Readonly<Record<string, Tensor>>;
  /** The outputs in plain loops over float64. */
  reference(given: A): Reference;
  /** Another right answer, element by element, where the definition leaves one open. */
  alternative?(given: A): Reference;
  /** Tensors that have a gradient; those that have none are refused. */
  readonly gradients: readonly string[];
  /** Whether gradients are held against differences of the reference; true by default. */
  readonly differences?: boolean;
  /** Tensors that may have any dtype, all of these the same. */
  readonly anyDtype?: readonly string[];
  /** Tensors that only the gradient reads, or nobody: what is wrong with them is not said by the operation. */
  readonly later?: readonly string[];
  /**
   * Illegal arguments of this operation's own, made from legal ones. Wrong dtypes, lengths, numbers and devices are
   * tried on all.
   */
  readonly mistakes?: Readonly<Record<string, (given: A, draw: Draw) => A>>;
  /** The smallest absolute error that counts, where that is above the smallest normal number. */
  readonly floor?: number;
}

/** Rows by operation; each area has a file. */
export type Rows = Readonly<Record<string, Row>>;

/** A row with the types of its arguments. */
export const row = <A extends Arguments>(made: Row<A>): Row => made as unknown as Row;
