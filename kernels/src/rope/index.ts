/** Rotary position embedding. */
import { type Kernel, read, stridedGrid, stridedWorkgroup, u32, written } from '../declaration.js';
import ropeSource from './rope.wgsl';

export type RopeShape = {
  readonly tokens: number;
  /** Positions given: those of the first so many tokens, and of as many again. */
  readonly period: number;
  /** Heads of a token, of which the first `heads` are turned and the others copied. */
  readonly allHeads: number;
  readonly heads: number;
  /** Elements per head, even. */
  readonly headDim: number;
  /** 1: pairs are neighbours, as in the paper; 0: an element and the one half a head on, as in Llama. */
  readonly interleaved: number;
  /** 1: turns back, which is the gradient too. */
  readonly inverse: number;
};

/** One turn as the words of a frequency count it. */
const TURN = 2n ** 64n;
const WORD = 2n ** 32n;

/**
 * How far each pair of a head turns from one position to the next, base^(−2i/headDim) radians, as the fraction of a
 * turn times 2⁶⁴: u32 `[headDim / 2, 2]`, high and low words.
 * @throws RangeError for an odd head, or a base of at most 0.
 */
export function ropeFrequencies(headDim: number, base = 10000): Uint32Array {
  if (!Number.isInteger(headDim / 2) || headDim <= 0) throw new RangeError(`rope: the head dimension must be even, got ${headDim}`);
  if (!(base > 0 && Number.isFinite(base))) throw new RangeError(`rope: the base must be above 0, got ${base}`);
  return Uint32Array.from({ length: headDim }, (_, i) => {
    const turns = base ** (-(2 * Math.floor(i / 2)) / headDim) / (2 * Math.PI);
    // Twice 32 bits: a double has no more than 53 of them.
    const high = Math.floor((turns % 1) * Number(WORD));
    const low = BigInt(Math.floor(((turns % 1) * Number(WORD) - high) * Number(WORD)));
    return Number(i % 2 === 0 ? BigInt(high) : (low + TURN) % WORD);
  });
}

/** Elements that are worth a workgroup of a CPU, of all heads of a token together. */
const PER_GROUP = 512;

/**
 * out `[tokens, allHeads, headDim]` as x, turned: positions u32 `[period]`, frequencies as `ropeFrequencies` makes
 * them.
 */
export const rope: Kernel<RopeShape> = {
  name: 'rope',
  source: ropeSource,
  buffers: [read('x'), read('positions', 'u32'), read('frequencies', 'u32'), written('out')],
  uniforms: u32('tokens', 'period', 'allHeads', 'heads', 'headDim'),
  lengths({ tokens, period, allHeads, headDim }) {
    const elements = tokens * allHeads * headDim;
    return { x: elements, positions: period, frequencies: headDim, out: elements };
  },
  constants: ({ interleaved, inverse }, adapter) => ({
    WORKGROUP: stridedWorkgroup(adapter),
    INTERLEAVED: interleaved === 1,
    INVERSE: inverse === 1,
  }),
  grid: ({ tokens, allHeads, headDim }, adapter) => stridedGrid((tokens * headDim) / 2, adapter, Math.ceil(PER_GROUP / allHeads)),
  cost: ({ tokens, allHeads, heads, headDim }) => ({
    flops: tokens * heads * headDim * 15,
    bytes: 4 * (2 * tokens * allHeads * headDim + tokens + headDim),
  }),
  sample: { tokens: 256, period: 256, allHeads: 12, heads: 8, headDim: 64, interleaved: 0, inverse: 0 },
};
