/** Half precision on the host: IEEE 754 binary16, rounded to nearest, ties to even. */

const wide = new Float32Array(1);
const bits = new Uint32Array(wide.buffer);

function halfBits(value: number): number {
  wide[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // Past the largest half, ties included.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: a whole number of 2⁻²⁴, which adding 0.5 rounds in the f32 itself (its last place is then 2⁻²⁴).
    wide[0] = Math.abs(value) + 0.5;
    return sign | (bits[0] - 0x3f000000);
  }
  const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
  return sign | (rounded >>> 13);
}

/** Values in half precision, two to a word, the first in the low half: what a buffer of f16 holds. */
export function packHalf(values: ArrayLike<number>): Uint32Array {
  const words = new Uint32Array(Math.ceil(values.length / 2));
  for (let i = 0; i < values.length; i++) words[i >> 1] |= halfBits(values[i]) << (16 * (i & 1));
  return words;
}

/** What `packHalf` kept of the values. */
export function unpackHalf(words: Uint32Array, length = 2 * words.length): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const half = (words[i >> 1] >>> (16 * (i & 1))) & 0xffff;
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const magnitude =
      exponent === 31
        ? fraction
          ? Number.NaN
          : Number.POSITIVE_INFINITY
        : exponent
          ? (1 + fraction / 1024) * 2 ** (exponent - 15)
          : fraction * 2 ** -24;
    return half & 0x8000 ? -magnitude : magnitude;
  });
}
