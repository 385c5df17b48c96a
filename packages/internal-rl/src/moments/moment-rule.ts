/**
 * Which of the base's jumps are moments: a threshold read off the distribution of their logarithms alone, no label
 * among them.
 */

import { type Config, NoMomentsError } from '@coxswain/lab';

export type RuleSettings = Pick<Config['discover'], 'momentRule' | 'momentShare' | 'momentResponsibility'>;

export interface MomentThreshold {
  /** A jump at or above it is a moment. */
  readonly threshold: number;
  /** Share of all jumps that are. */
  readonly share: number;
  /**
   * How far apart the two kinds of jumps are, in Ashman's D for `mixture`, in shares of the range for `knee`; 0 for a
   * given share.
   */
  readonly separation: number;
}

interface Component {
  readonly weight: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Two Gaussians, that of the lower mean first. */
export interface Mixture {
  readonly lower: Component;
  readonly upper: Component;
  /** Nats a value that two Gaussians explain more than one. */
  readonly gain: number;
}

/** Values that a rule looks at; of more, so many evenly among them in order of size. */
const LOOKED_AT = 20_000;
const ITERATIONS = 2000;
/** Nats a value: an iteration that gains less is the last. */
const SETTLED = 1e-9;
/** Two Gaussians are told apart from a D of 2 on (Ashman, Bird and Zepf 1994). */
const APART = 2;
/** Free numbers of two Gaussians that one has not. */
const MORE_PARAMETERS = 3;
/** A sorted curve that stays as close to its chord has no knee. */
const FLAT = 0.05;

/** Of the jumps above zero, rising. */
const logsOf = (jumps: ArrayLike<number>): Float64Array =>
  Float64Array.from(jumps)
    .filter((jump) => jump > 0)
    .map(Math.log)
    .sort();

/** At most so many of the values, the smallest and the largest among them. */
function evenly(sorted: ArrayLike<number>): Float64Array {
  const count = Math.min(sorted.length, LOOKED_AT);
  const stride = count > 1 ? (sorted.length - 1) / (count - 1) : 0;
  return Float64Array.from({ length: count }, (_, i) => sorted[Math.round(i * stride)]);
}

const density = ({ mean, deviation }: Component, x: number): number =>
  Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));

/** Mean and deviation of values of these weights, and their share of all weight. */
function weighed(values: ArrayLike<number>, weightOf: (i: number) => number, least: number): Component {
  let [total, sum, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const weight = weightOf(i);
    total += weight;
    sum += weight * values[i];
  }
  const mean = sum / total;
  for (let i = 0; i < values.length; i++) squares += weightOf(i) * (values[i] - mean) ** 2;
  return { weight: total / values.length, mean, deviation: Math.max(least, Math.sqrt(squares / total)) };
}

/**
 * Two Gaussians fitted by expectation and maximisation, from the lower and the upper half of the values on: the same
 * values in the same order give the same fit. Absent where all values are one, or one of the two vanishes.
 * @param sorted rising.
 */
export function fitMixture(sorted: ArrayLike<number>): Mixture | undefined {
  const n = sorted.length;
  const whole = weighed(sorted, () => 1, 0);
  // Sums round: equal values have no deviation but that.
  if (n < 4 || !(whole.deviation > 1e-9 * Math.max(1, Math.abs(whole.mean)))) return undefined;
  const least = 1e-3 * whole.deviation;
  const half = Math.floor(n / 2);
  let a = weighed(sorted, (i) => (i < half ? 1 : 0), least);
  let b = weighed(sorted, (i) => (i < half ? 0 : 1), least);
  const ofUpper = new Float64Array(n);
  let last = Number.NEGATIVE_INFINITY;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    let likelihood = 0;
    for (let i = 0; i < n; i++) {
      const [p, q] = [a.weight * density(a, sorted[i]), b.weight * density(b, sorted[i])];
      // Where both vanish, far outside, the nearer one has it.
      ofUpper[i] = p + q > 0 ? q / (p + q) : Number(Math.abs(sorted[i] - b.mean) < Math.abs(sorted[i] - a.mean));
      likelihood += Math.log(Math.max(Number.MIN_VALUE, p + q)) / n;
    }
    const share = ofUpper.reduce((sum, x) => sum + x, 0);
    if (!(share > 1) || !(share < n - 1)) return undefined;
    a = weighed(sorted, (i) => 1 - ofUpper[i], least);
    b = weighed(sorted, (i) => ofUpper[i], least);
    const settled = likelihood - last < SETTLED;
    last = likelihood;
    if (settled) break;
  }
  const ofOne = -Math.log(whole.deviation) - 0.5 - 0.5 * Math.log(2 * Math.PI);
  const [lower, upper] = a.mean <= b.mean ? [a, b] : [b, a];
  return { lower, upper, gain: last - ofOne };
}

/** Ashman's D: the distance of two means in the root of the mean of their variances. */
export function ashman({ lower, upper }: Pick<Mixture, 'lower' | 'upper'>): number {
  return (Math.SQRT2 * (upper.mean - lower.mean)) / Math.hypot(lower.deviation, upper.deviation);
}

/**
 * The value between the two means from which on the upper Gaussian has this responsibility; absent where it is there
 * all along or never.
 */
export function crossing({ lower, upper }: Mixture, responsibility: number): number | undefined {
  const odds = Math.log(responsibility / (1 - responsibility));
  const beyond = (x: number): number => {
    const log = ({ weight, mean, deviation }: Component) => Math.log(weight / deviation) - 0.5 * ((x - mean) / deviation) ** 2;
    return log(upper) - log(lower) - odds;
  };
  let [from, to] = [lower.mean, upper.mean];
  if (!(beyond(from) < 0 && beyond(to) > 0)) return undefined;
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (beyond(middle) < 0) from = middle;
    else to = middle;
  }
  return to;
}

/**
 * Where the curve of values, sorted and falling, lies farthest below the line from its first to its last (Satopää et
 * al. 2011).
 * @param sorted rising.
 */
export function kneeOf(sorted: ArrayLike<number>): { readonly value: number; readonly distance: number } {
  const n = sorted.length;
  const range = sorted[n - 1] - sorted[0];
  let found = { value: sorted[n - 1], distance: 0 };
  for (let i = 0; i < n && range > 0; i++) {
    const value = sorted[n - 1 - i];
    const distance = 1 - i / (n - 1) - (value - sorted[0]) / range;
    if (distance > found.distance) found = { value, distance };
  }
  return found;
}

const OTHERWISE =
  'Look at another layer with discover.momentLayer (higher ones tell moments apart on larger worlds), train the base for longer, or give the share of moments yourself: --set discover.momentRule=share --set discover.momentShare=0.35.';

function refuse(value: string, expected: string): never {
  throw new NoMomentsError(`The base’s residual has no jumps to speak of: ${value}`, expected, OTHERWISE);
}

function byMixture(sorted: Float64Array, responsibility: number): { threshold: number; separation: number } {
  const values = evenly(sorted);
  const mixture = fitMixture(values);
  if (!mixture) return refuse('all jumps are alike', 'two kinds of jumps');
  const separation = ashman(mixture);
  const told = `two Gaussians over the logarithms of its jumps are ${separation.toFixed(2)} apart (Ashman’s D)`;
  if (!(separation >= APART)) refuse(told, `at least ${APART}`);
  const better = 2 * values.length * mixture.gain - MORE_PARAMETERS * Math.log(values.length);
  if (!(better > 0)) refuse('one Gaussian explains the logarithms of its jumps as well as two', 'two kinds of jumps');
  const threshold = crossing(mixture, responsibility);
  if (threshold === undefined) return refuse(`${told}, but one of them lies within the other`, 'two that cross between their means');
  return { threshold, separation };
}

/** Ashman's D of the two kinds of jumps, 0 where there are none to fit. */
export function separationOf(jumps: ArrayLike<number>): number {
  const mixture = fitMixture(evenly(logsOf(jumps)));
  return mixture ? ashman(mixture) : 0;
}

function byKnee(sorted: Float64Array): { threshold: number; separation: number } {
  const { value, distance } = kneeOf(evenly(sorted));
  if (!(distance >= FLAT)) refuse(`the curve of its sorted jumps has no knee (${distance.toFixed(3)} below its chord)`, `at least ${FLAT}`);
  return { threshold: value, separation: distance };
}

/**
 * Where the jumps begin that are moments.
 * @param jumps of all steps; one of zero is never a moment.
 * @throws NoMomentsError for a distribution that shows no two kinds of them.
 */
export function momentThreshold(jumps: ArrayLike<number>, rule: RuleSettings): MomentThreshold {
  const logs = logsOf(jumps);
  if (logs.length === 0) return refuse('it never moves', 'jumps above zero');
  const { momentRule, momentShare, momentResponsibility } = rule;
  const at = Math.max(0, logs.length - Math.max(1, Math.round(momentShare * jumps.length)));
  const found =
    momentRule === 'mixture'
      ? byMixture(logs, momentResponsibility)
      : momentRule === 'knee'
        ? byKnee(logs)
        : { threshold: logs[at], separation: 0 };
  const above = logs.length - logs.findIndex((log) => log >= found.threshold);
  // A value that is its own threshold has to stay above it when the jump is rounded to 32 bits.
  return { threshold: Math.exp(found.threshold) * (1 - 1e-7), share: above / jumps.length, separation: found.separation };
}
