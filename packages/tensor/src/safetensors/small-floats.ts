/** F16 and BF16 on the host, where JavaScript has no arrays of them. */

interface Format {
  /** Stored bits of the fraction. */
  readonly fraction: number;
  /** Of the exponent, as IEEE 754 has it. */
  readonly bias: number;
}

const FORMATS = { F16: { fraction: 10, bias: 15 }, BF16: { fraction: 7, bias: 127 } } as const satisfies Record<string, Format>;
export type SmallFloat = keyof typeof FORMATS;

const SIGN = 0x8000;
/** Adding and taking away 2⁵² rounds a smaller number to an integer, ties to even. */
const ROUNDER = 2 ** 52;
const double = new Float64Array(1);
const doubleWords = new Uint32Array(double.buffer);
const EXPONENT_BIAS = 1023;

/** By how much to scale a number of each exponent, from the least on, so that its last bit to be stored is worth 1. */
const scales = new Map<SmallFloat, Float64Array>();

function scalesOf(format: SmallFloat): Float64Array {
  const { fraction, bias } = FORMATS[format];
  const made = scales.get(format) ?? Float64Array.from({ length: EXPONENT_BIAS + bias }, (_, i) => 2 ** (fraction + bias - 1 - i));
  scales.set(format, made);
  return made;
}

/**
 * The bits of numbers, each rounded once, ties to even, as IEEE 754 says: too large ones become infinite, small ones
 * denormal or zero, and NaN the format's quiet NaN.
 */
export function packSmall(values: ArrayLike<number>, format: SmallFloat): Uint16Array {
  const { fraction, bias } = FORMATS[format];
  const infinity = (2 * bias + 1) << fraction;
  const nan = infinity | (1 << (fraction - 1));
  const scale = scalesOf(format);
  const packed = new Uint16Array(values.length);
  for (let i = 0; i < packed.length; i++) {
    const value = values[i];
    double[0] = value;
    const high = doubleWords[1];
    const sign = (high >>> 16) & SIGN;
    const size = Math.abs(value);
    // Counted from that of denormal numbers.
    const exponent = Math.max(((high >>> 20) & 0x7ff) - EXPONENT_BIAS + bias - 1, 0);
    if (!(size < Number.POSITIVE_INFINITY)) packed[i] = Number.isNaN(value) ? nan : sign | infinity;
    else {
      // Scaling by a power of two is exact here, so this is the one rounding; a carry runs over into the exponent as it
      // should.
      const significand = size * scale[exponent] + ROUNDER - ROUNDER;
      packed[i] = sign | Math.min((exponent << fraction) + significand, infinity);
    }
  }
  return packed;
}

/** The number of each bit pattern of F16. */
let halves: Float32Array | undefined;

function halfTable(): Float32Array {
  if (halves) return halves;
  const { fraction, bias } = FORMATS.F16;
  halves = Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    const sign = bits & SIGN ? -1 : 1;
    const exponent = (bits & (SIGN - 1)) >>> fraction;
    const rest = bits & ((1 << fraction) - 1);
    if (exponent === 2 * bias + 1) return rest ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return exponent ? sign * (rest + 2 ** fraction) * 2 ** (exponent - bias - fraction) : sign * rest * 2 ** (1 - bias - fraction);
  });
  return halves;
}

/** The numbers of F16's bits, exactly. */
export function unpackF16(bits: Uint16Array): Float32Array {
  const table = halfTable();
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]];
  return values;
}

/** The numbers of BF16's bits, exactly: they are the high halves of those of F32. */
export function unpackBf16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}
