/** From one dtype to another, element by element, and a mask's opposite: a row each. */
import type { Scalar } from './pairs.js';

export interface CastRow {
  readonly says: string;
  readonly from: Scalar;
  readonly to: Scalar;
  readonly imports?: readonly string[];
  /** WGSL of the element x (a `Value`) as a `Result`. */
  readonly value: string;
  /** The same in float64. */
  f(x: number): number;
}

const toWhole = (x: number, least: number, most: number): number => (Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), least), most));
/** Cut towards 0; past the ends the ends, and 0 for NaN. `edge` is the greatest f32 within. */
const wholeText = (least: string, edge: string, past: string, most: string): string =>
  `select(select(Result(clamp(x, Value(${least}), Value(${edge}))), Result(${most}), x >= Value(${past})), Result(0), isNan(x))`;

const rows = {
  'f32-to-i32': {
    says: 'cut towards 0; −2³¹ or 2³¹ − 1 past the ends, 0 for NaN',
    from: 'f32',
    to: 'i32',
    imports: ['special'],
    value: wholeText('-2147483648.0', '2147483520.0', '2147483648.0', '2147483647'),
    f: (x) => toWhole(x, -(2 ** 31), 2 ** 31 - 1),
  },
  'f32-to-u32': {
    says: 'cut towards 0; 0 or 2³² − 1 past the ends, 0 for NaN',
    from: 'f32',
    to: 'u32',
    imports: ['special'],
    value: wholeText('0.0', '4294967040.0', '4294967296.0', '4294967295u'),
    f: (x) => toWhole(x, 0, 2 ** 32 - 1),
  },
  'i32-to-f32': { says: 'the nearest f32', from: 'i32', to: 'f32', value: 'Result(x)', f: Math.fround },
  'u32-to-f32': { says: 'the nearest f32', from: 'u32', to: 'f32', value: 'Result(x)', f: Math.fround },
  'i32-to-u32': { says: 'the same bits: modulo 2³²', from: 'i32', to: 'u32', value: 'bitcast<Result>(x)', f: (x) => x >>> 0 },
  'u32-to-i32': { says: 'the same bits: modulo 2³²', from: 'u32', to: 'i32', value: 'bitcast<Result>(x)', f: (x) => x | 0 },
  logicalNot: {
    says: 'the opposite of a mask: 1 where it is 0, else 0',
    from: 'u32',
    to: 'u32',
    value: 'select(Result(0), Result(1), x == Value(0))',
    f: (x) => (x === 0 ? 1 : 0),
  },
} satisfies Record<string, CastRow>;

export type CastName = keyof typeof rows;

/** All of them by name. */
export const CASTS: Readonly<Record<CastName, CastRow>> = rows;
