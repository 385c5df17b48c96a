/**
 * Functions of one element, a row each: all there is to one. The kernels, the tensor operation and the tests are made
 * from the row; to add a function, add a row here and its name to the exports of the tensor package
 * (`ops/functions.ts`).
 */

/** A number that a function takes beside its element, and what it is where none is given. */
export type Parameter = readonly [name: string, standard?: number];

export interface FunctionRow {
  /** What it is, in a few words. */
  readonly says: string;
  /** At most two. */
  readonly parameters?: readonly Parameter[];
  /** Fragments that the texts below call. */
  readonly imports?: readonly string[];
  /** WGSL of f(x), over `Value`; parameters by their names. */
  readonly value: string;
  /**
   * WGSL of g · f′, g the gradient behind it: reads the input `x` or the output `y`, not both. NaN and infinity as in
   * PyTorch.
   */
  readonly gradient: string;
  /** f(x) in float64. */
  f(x: number, ...parameters: number[]): number;
  /** f′(x) in float64, from x and y = f(x). */
  slope(x: number, y: number, ...parameters: number[]): number;
}

const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));
const SLOPE = [['slope', 0.01]] as const;
const ALPHA = [['alpha', 1]] as const;
const EXPONENT = [['exponent']] as const;
const BOUNDS = [['low'], ['high']] as const;
const AFFINE = [['factor'], ['shift', 0]] as const;

/** Of GELU's tanh form (Hendrycks and Gimpel, arXiv 1606.08415). */
const GELU_TANH = { scale: Math.sqrt(2 / Math.PI), cubic: 0.044715 };
const geluArgument = (x: number): number => GELU_TANH.scale * (x + GELU_TANH.cubic * x ** 3);
const GELU_TANH_WGSL = 'saturatingTanh(0.79788456 * (x + 0.044715 * x * x * x))';

/** The error function in float64: its series, and the continued fraction of what is left where that is little. */
export function erf(x: number): number {
  const t = Math.abs(x);
  if (Number.isNaN(x)) return Number.NaN;
  if (t < 3) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  if (t > 6) return Math.sign(x);
  let fraction = t;
  for (let n = 60; n > 0; n--) fraction = t + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-t * t) / Math.sqrt(Math.PI) / fraction);
}

const normal = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** C's pow, and square roots at ±½: PyTorch's. */
const powerOf = (x: number, exponent: number): number => {
  if (exponent === 0.5) return Math.sqrt(x);
  if (exponent === -0.5) return 1 / Math.sqrt(x);
  return x ** exponent;
};

const rows = {
  relu: {
    says: 'max(x, 0)',
    value: 'select(x, Value(0.0), x <= Value(0.0))',
    gradient: 'select(g, Value(0.0), y <= Value(0.0))',
    f: (x) => Math.max(x, 0),
    slope: (x) => (x <= 0 ? 0 : 1),
  },
  leakyRelu: {
    says: 'x where it is positive, else slope · x',
    parameters: SLOPE,
    value: 'select(slope * x, x, x > Value(0.0))',
    gradient: 'select(slope * g, g, x > Value(0.0))',
    f: (x, slope) => (x > 0 ? x : slope * x),
    slope: (x, _, slope) => (x > 0 ? 1 : slope),
  },
  elu: {
    says: 'x where it is positive, else alpha · (eˣ − 1)',
    parameters: ALPHA,
    imports: ['near_zero'],
    value: 'select(alpha * expm1(x), x, x > Value(0.0))',
    gradient: 'select(g * alpha * exp(x), g, x > Value(0.0))',
    f: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (x, _, alpha) => (x > 0 ? 1 : alpha * Math.exp(x)),
  },
  gelu: {
    says: 'x · Φ(x), Φ the distribution function of the standard normal',
    imports: ['erf'],
    value: '0.5 * x * (1.0 + erf(0.70710678 * x))',
    gradient: 'g * (0.5 * (1.0 + erf(0.70710678 * x)) + x * exp(-0.5 * x * x) * 0.39894228)',
    f: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    slope: (x) => 0.5 * (1 + erf(x * Math.SQRT1_2)) + x * normal(x),
  },
  geluTanh: {
    says: 'x · ½ (1 + tanh(√(2/π) (x + 0.044715 x³))): near gelu, and what GPT-2 was trained with',
    imports: ['logistic'],
    value: `0.5 * x * (1.0 + ${GELU_TANH_WGSL})`,
    // Where tanh is ±1 the last factor is times 0: it may stop growing, so that a finite x gives no NaN.
    gradient:
      `g * (0.5 * (1.0 + ${GELU_TANH_WGSL}) + 0.5 * x * (1.0 - ${GELU_TANH_WGSL}) * (1.0 + ${GELU_TANH_WGSL})` +
      ' * (0.79788456 + 0.10703222 * min(x * x, Value(1e4))))',
    f: (x) => 0.5 * x * (1 + Math.tanh(geluArgument(x))),
    slope: (x) => {
      const t = Math.tanh(geluArgument(x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU_TANH.scale * (1 + 3 * GELU_TANH.cubic * x * x);
    },
  },
  silu: {
    says: 'x · σ(x)',
    imports: ['logistic'],
    value: 'x / (1.0 + exp(-x))',
    gradient: 'g * (logistic(x) * (1.0 + x * (1.0 - logistic(x))))',
    f: (x) => x / (1 + Math.exp(-x)),
    slope: (x) => sigmoidOf(x) * (1 + x * (1 - sigmoidOf(x))),
  },
  softplus: {
    says: 'log(1 + eˣ); x itself from 20 on',
    imports: ['near_zero', 'logistic'],
    value: 'select(log1p(exp(x)), x, x > Value(20.0))',
    gradient: 'g * logistic(x)',
    f: (x) => (x > 20 ? x : Math.log1p(Math.exp(x))),
    slope: sigmoidOf,
  },
  sigmoid: {
    says: '1 / (1 + e⁻ˣ)',
    imports: ['logistic'],
    value: 'logistic(x)',
    gradient: 'g * ((1.0 - y) * y)',
    f: sigmoidOf,
    slope: (_, y) => (1 - y) * y,
  },
  tanh: {
    says: 'hyperbolic tangent; within 10⁻⁷ near 0',
    imports: ['logistic'],
    value: 'saturatingTanh(x)',
    gradient: 'g * ((1.0 - y) * (1.0 + y))',
    f: Math.tanh,
    slope: (_, y) => 1 - y * y,
  },
  exp: { says: 'eˣ', value: 'exp(x)', gradient: 'g * y', f: Math.exp, slope: (_, y) => y },
  expm1: {
    says: 'eˣ − 1, with all its digits near 0',
    imports: ['near_zero'],
    value: 'expm1(x)',
    gradient: 'g * (y + 1.0)',
    f: Math.expm1,
    slope: (_, y) => y + 1,
  },
  log: { says: 'ln x', value: 'log(x)', gradient: 'g / x', f: Math.log, slope: (x) => 1 / x },
  log1p: {
    says: 'ln(1 + x), with all its digits near 0',
    imports: ['near_zero'],
    value: 'log1p(x)',
    gradient: 'g / (1.0 + x)',
    f: Math.log1p,
    slope: (x) => 1 / (1 + x),
  },
  square: { says: 'x²', value: 'x * x', gradient: 'g * (2.0 * x)', f: (x) => x * x, slope: (x) => 2 * x },
  sqrt: { says: '√x', value: 'sqrt(x)', gradient: 'g / (2.0 * y)', f: Math.sqrt, slope: (_, y) => 1 / (2 * y) },
  rsqrt: {
    says: '1 / √x',
    value: 'inverseSqrt(x)',
    gradient: '-0.5 * g * (y * y * y)',
    f: (x) => 1 / Math.sqrt(x),
    slope: (_, y) => -0.5 * y ** 3,
  },
  reciprocal: { says: '1 / x', value: '1.0 / x', gradient: '-g * (y * y)', f: (x) => 1 / x, slope: (_, y) => -(y * y) },
  pow: {
    says: 'x to a constant exponent; no gradient flows where that is 0',
    parameters: EXPONENT,
    imports: ['power'],
    value: 'power(x, exponent)',
    gradient: 'select(g * (exponent * power(x, exponent - 1.0)), Value(0.0), exponent == Value(0.0))',
    f: powerOf,
    slope: (x, _, exponent) => (exponent === 0 ? 0 : exponent * powerOf(x, exponent - 1)),
  },
  erf: {
    says: 'the error function',
    imports: ['erf'],
    value: 'erf(x)',
    gradient: 'g * (1.1283792 * exp(-x * x))',
    f: erf,
    slope: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  },
  sin: {
    says: 'sine, of radians; within 10⁻⁶ + 10⁻⁷ |x|',
    value: 'sin(x)',
    gradient: 'g * cos(x)',
    f: Math.sin,
    slope: Math.cos,
  },
  cos: {
    says: 'cosine, of radians; within 10⁻⁶ + 10⁻⁷ |x|',
    value: 'cos(x)',
    gradient: '-g * sin(x)',
    f: Math.cos,
    slope: (x) => -Math.sin(x),
  },
  negate: { says: '−x', value: '-x', gradient: '-g', f: (x) => -x, slope: () => -1 },
  abs: {
    says: '|x|; no gradient at 0',
    value: 'abs(x)',
    gradient: 'g * sign(x)',
    f: Math.abs,
    slope: (x) => Math.sign(x) || 0,
  },
  sign: {
    says: '−1, 0 or 1; 0 for NaN. Its gradient is 0',
    value: 'sign(x)',
    gradient: 'Value(0.0)',
    f: (x) => Math.sign(x) || 0,
    slope: () => 0,
  },
  floor: { says: 'the whole number below. Its gradient is 0', value: 'floor(x)', gradient: 'Value(0.0)', f: Math.floor, slope: () => 0 },
  round: {
    says: 'the nearest whole number, the even one at a tie. Its gradient is 0',
    value: 'round(x)',
    gradient: 'Value(0.0)',
    f: (x) => {
      const below = Math.floor(x);
      if (x - below !== 0.5) return Math.round(x);
      return below % 2 === 0 ? below : below + 1;
    },
    slope: () => 0,
  },
  clamp: {
    says: 'min(max(x, low), high), infinities for no bound; no gradient outside',
    parameters: BOUNDS,
    imports: ['special'],
    value: 'keepNan(min(max(x, low), high), x)',
    gradient: 'select(Value(0.0), g, (x >= low) & (x <= high))',
    f: (x, low, high) => Math.min(Math.max(x, low), high),
    slope: (x, _, low, high) => (x >= low && x <= high ? 1 : 0),
  },
  scale: {
    says: 'factor · x + shift',
    parameters: AFFINE,
    value: 'factor * x + shift',
    gradient: 'factor * g',
    f: (x, factor, shift) => factor * x + shift,
    slope: (_x, _y, factor) => factor,
  },
} satisfies Record<string, FunctionRow>;

export type FunctionName = keyof typeof rows;

/** All functions of one element by name. */
export const FUNCTIONS: typeof rows = rows;

/** A row as any row. */
export const functionRow = (name: FunctionName): FunctionRow => rows[name];

/** What a function's gradient reads of what lay before it and behind it. */
export function gradientReads({ gradient }: FunctionRow): 'input' | 'output' | 'nothing' {
  if (/\by\b/.test(gradient)) return 'output';
  return /\bx\b/.test(gradient) ? 'input' : 'nothing';
}
