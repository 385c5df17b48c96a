/**
 * Functions of two elements, a row each, with broadcasting: the kernels, their gradients and the tests are made from
 * the row. Comparisons and logic give masks: u32, 1 where it holds and 0 where not.
 */

export type Scalar = 'f32' | 'i32' | 'u32';

export interface PairRow {
  /** What it is, in a few words. */
  readonly says: string;
  /** What it takes two of. */
  readonly elements: readonly Scalar[];
  /** It gives a mask. Otherwise what it takes. */
  readonly mask?: true;
  /** Fragments that the texts call. */
  readonly imports?: readonly string[];
  /** WGSL of f(a, b), over `Value`; of a mask, over `Truth`. */
  readonly value: string;
  /**
   * WGSL of the gradients for a and b, from g behind it, `a` and `b`; none where it has none. NaN and infinity as in
   * PyTorch.
   */
  readonly gradients?: readonly [toA: string, toB: string];
  /** f(a, b) in float64; a mask as a truth. */
  f(a: number, b: number): number | boolean;
  /** Gradients for a and b in float64. */
  slopes?(g: number, a: number, b: number): readonly [number, number];
}

const ALL = ['f32', 'i32', 'u32'] as const;
const FLOAT = ['f32'] as const;
const MASKS = ['u32'] as const;
/** All of the gradient goes to `chosen`, half of it at a tie; to both where one is NaN. */
const share = (chosen: string, other: string, worse: '<' | '>'): string =>
  `select(select(g, 0.5 * g, a == b), Value(0.0), ${chosen} ${worse} ${other})`;
const sharedSlopes = (g: number, a: number, b: number, aWorse: boolean, bWorse: boolean): [number, number] => {
  const half = a === b ? 0.5 * g : g;
  return [aWorse ? 0 : half, bWorse ? 0 : half];
};

const rows = {
  add: { says: 'a + b', elements: ALL, value: 'a + b', gradients: ['g', 'g'], f: (a, b) => a + b, slopes: (g) => [g, g] },
  sub: { says: 'a − b', elements: ALL, value: 'a - b', gradients: ['g', '-g'], f: (a, b) => a - b, slopes: (g) => [g, -g] },
  mul: {
    says: 'a · b',
    elements: ALL,
    value: 'a * b',
    gradients: ['g * b', 'g * a'],
    f: (a, b) => a * b,
    slopes: (g, a, b) => [g * b, g * a],
  },
  div: {
    says: 'a / b',
    elements: FLOAT,
    value: 'a / b',
    gradients: ['g / b', '-g * ((a / b) / b)'],
    f: (a, b) => a / b,
    slopes: (g, a, b) => [g / b, -g * (a / b / b)],
  },
  minimum: {
    says: 'the smaller of the two; a tie shares its gradient',
    elements: FLOAT,
    imports: ['special'],
    value: 'keepNan(keepNan(min(a, b), a), b)',
    gradients: [share('a', 'b', '>'), share('b', 'a', '>')],
    f: Math.min,
    slopes: (g, a, b) => sharedSlopes(g, a, b, a > b, b > a),
  },
  maximum: {
    says: 'the larger of the two; a tie shares its gradient',
    elements: FLOAT,
    imports: ['special'],
    value: 'keepNan(keepNan(max(a, b), a), b)',
    gradients: [share('a', 'b', '<'), share('b', 'a', '<')],
    f: Math.max,
    slopes: (g, a, b) => sharedSlopes(g, a, b, a < b, b < a),
  },
  addRelu: {
    says: 'max(a + b, 0)',
    elements: FLOAT,
    value: 'select(a + b, Value(0.0), a + b <= Value(0.0))',
    f: (a, b) => Math.max(a + b, 0),
  },
  lt: { says: 'a < b', elements: ALL, mask: true, value: 'a < b', f: (a, b) => a < b },
  le: { says: 'a ≤ b', elements: ALL, mask: true, value: 'a <= b', f: (a, b) => a <= b },
  gt: { says: 'a > b', elements: ALL, mask: true, value: 'a > b', f: (a, b) => a > b },
  ge: { says: 'a ≥ b', elements: ALL, mask: true, value: 'a >= b', f: (a, b) => a >= b },
  eq: { says: 'a = b; nothing equals NaN', elements: ALL, mask: true, value: 'a == b', f: (a, b) => a === b },
  ne: { says: 'a ≠ b, the opposite of eq', elements: ALL, mask: true, value: '!(a == b)', f: (a, b) => a !== b },
  logicalAnd: {
    says: 'both of two masks',
    elements: MASKS,
    mask: true,
    value: '(a != Value(0)) & (b != Value(0))',
    f: (a, b) => a !== 0 && b !== 0,
  },
  logicalOr: {
    says: 'either of two masks, or both',
    elements: MASKS,
    mask: true,
    value: '(a != Value(0)) | (b != Value(0))',
    f: (a, b) => a !== 0 || b !== 0,
  },
} satisfies Record<string, PairRow>;

export type PairName = keyof typeof rows;

/** What a function takes two of. */
export type ElementsOf<Name extends PairName> = (typeof rows)[Name]['elements'][number];

/** All functions of two elements by name. */
export const PAIRS: Readonly<Record<PairName, PairRow>> = rows;
