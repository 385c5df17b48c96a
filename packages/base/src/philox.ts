/** Philox 4×32-10 on the host, the same bits as the kernels'. */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Neither sum reaches 2^32, so the shifts lose nothing.
  const cross = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle = aLow * bHigh + (cross & 0xffff);
  return (aHigh * bHigh + (cross >>> 16) + (middle >>> 16)) >>> 0;
}

/**
 * Four random words that are a pure function of a 128-bit counter and a 64-bit key
 * (Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405).
 * @param counter four words, the lowest first.
 * @param key two words.
 * @throws RangeError for anything but words, whole numbers from 0 to 2³² − 1.
 * @param out where the four words go, for callers that draw millions; a new array by default.
 */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>, out: Uint32Array = new Uint32Array(4)): Uint32Array {
  let a = counter[0] >>> 0;
  let b = counter[1] >>> 0;
  let c = counter[2] >>> 0;
  let d = counter[3] >>> 0;
  let k0 = key[0] >>> 0;
  let k1 = key[1] >>> 0;
  if (a !== counter[0] || b !== counter[1] || c !== counter[2] || d !== counter[3] || k0 !== key[0] || k1 !== key[1])
    throw new RangeError(`Philox takes words, 0 to 2³² − 1; got counter ${Array.from(counter)} and key ${Array.from(key)}`);
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(M0, a);
    const low0 = Math.imul(M0, a) >>> 0;
    const high1 = multiplyHigh(M1, c);
    const low1 = Math.imul(M1, c) >>> 0;
    a = (high1 ^ b ^ k0) >>> 0;
    b = low1;
    c = (high0 ^ d ^ k1) >>> 0;
    d = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
  return out;
}

/** A word as a number in the open interval (0, 1): 23 bits and a half, exact in f32, so 2⁻²⁴ … 1 − 2⁻²⁴. */
export const openUniform = (word: number): number => ((word >>> 9) + 0.5) / 8388608;
