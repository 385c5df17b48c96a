/**
 * A cost model: seconds of a step as a sum of its work, each kind at a rate of the adapter's. Fitted to steps that were
 * timed.
 */

import { KINDS, NO_WORK, type Work, type WorkKind } from '@coxswain/lab';
import { fcnnlsVector } from 'ml-fcnnls';

export interface Timed {
  readonly work: Work;
  readonly seconds: number;
}

/** Seconds for one unit of each kind of work. */
export type Rates = Readonly<Record<WorkKind, number>>;

export interface CostModel {
  readonly rates: Rates;
  /** Mean of |predicted / measured − 1| over measurements that were each left out of the fit that predicted them. */
  readonly error: number;
  /** How many were fitted. */
  readonly measurements: number;
  /** Seconds that the yardstick took at the speed that these rates are of. */
  readonly yardstick: number;
}

export function secondsOf(rates: Rates, work: Work): number {
  return KINDS.reduce((sum, kind) => sum + rates[kind] * work[kind], 0);
}

/** The model of an adapter that takes so many times as long over launches, and so many over all that they do. */
export function slowed({ rates, ...others }: CostModel, launches: number, rest: number): CostModel {
  const slow = KINDS.map((kind) => [kind, (kind === 'dispatches' ? launches : rest) * rates[kind]]);
  return { ...others, rates: Object.fromEntries(slow) as Rates };
}

/**
 * `model`, slowed as these measurements ask for: two factors, for what launches cost is another thing than what they
 * do.
 * @param timed work that is not `model`'s to know how fast it was done.
 * @param yardstick what it took on these devices then.
 */
export function fitSlowed(model: CostModel, timed: readonly Timed[], yardstick: number): CostModel {
  const parts = timed.map(({ work, seconds }) => {
    const dispatches = model.rates.dispatches * work.dispatches;
    return { work: { ...NO_WORK, dispatches, products: secondsOf(model.rates, work) - dispatches }, seconds };
  });
  const { dispatches, products } = fitRates(parts);
  return { ...slowed(model, dispatches, products), yardstick };
}

/**
 * Weight of a rate of its own, so small that no rate moves by it: kinds of work that only ever come together still have
 * one best fit.
 */
const RIDGE = 1e-6;
/** More than an active set of so few rates takes: a limit that is reached throws. */
const MOST_ROUNDS = 1000;

/** Rates, none below zero, that minimise the squares of the relative errors. */
export function fitRates(timed: readonly Timed[]): Rates {
  const rows = timed.map(({ work, seconds }) => KINDS.map((kind) => work[kind] / seconds));
  // Each column at the same size, so that one tolerance holds for all.
  const sizes = KINDS.map((_, j) => Math.hypot(...rows.map((row) => row[j])));
  const used = [...KINDS.keys()].filter((j) => sizes[j] > 0);
  const scaled = rows.map((row) => used.map((j) => row[j] / sizes[j]));
  const ridge = used.map((own) => used.map((j) => (j === own ? RIDGE : 0)));
  const wanted = [...rows.map(() => 1), ...used.map(() => 0)];
  const { K } = fcnnlsVector([...scaled, ...ridge], wanted, { gradientTolerance: 1e-9, maxIterations: MOST_ROUNDS });
  const found = new Map(used.map((j, i) => [j, K.get(i, 0) / sizes[j]]));
  return Object.fromEntries(KINDS.map((kind, j) => [kind, found.get(j) ?? 0])) as Rates;
}

/**
 * The model of these measurements and its error.
 * @param yardstick seconds that it took at the speed that they are of.
 * @throws RangeError for fewer measurements than twice the kinds of work: rates would be anything.
 */
export function fitCost(timed: readonly Timed[], yardstick: number): CostModel {
  if (timed.length < 2 * KINDS.length)
    throw new RangeError(`${timed.length} timed steps, expected ${2 * KINDS.length} or more to fit a model of cost to`);
  const errors = timed.map(({ work, seconds }, left) => {
    const rates = fitRates(timed.filter((_, i) => i !== left));
    return Math.abs(secondsOf(rates, work) / seconds - 1);
  });
  return { rates: fitRates(timed), error: errors.reduce((a, b) => a + b, 0) / errors.length, measurements: timed.length, yardstick };
}
