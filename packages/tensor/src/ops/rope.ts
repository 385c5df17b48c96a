/** Rotary position embedding. */
import { type RopeShape, ropeFrequencies, rope as ropeKernel } from '@coxswain/kernels';
import { op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';

export interface RopeOptions {
  /** Elements per head, even. */
  readonly headDim: number;
  /**
   * Heads that are turned, from the first on; the others are copied, such as values behind queries and keys. All when
   * absent.
   */
  readonly heads?: number;
  /** Pair i of a head turns by base^(−2i/headDim) radians a position. 10 000 when absent. */
  readonly base?: number;
  /** Pairs are neighbours, as in the paper; else an element and the one half a head on, as in Llama. */
  readonly interleaved?: boolean;
  /** u32 [headDim / 2, 2] as `ropeFrequencies` makes them, for frequencies of another kind, or to upload them once. */
  readonly frequencies?: Tensor;
}

/**
 * Turns pairs of elements of each head by angles that grow with the position (arXiv 2104.09864), queries and keys in
 * one launch. Sine and cosine are within 2·10⁻⁷ of exact ones at any position that a u32 holds.
 * @param x [..., heads·headDim], such as a product [batch, time, (heads + 2·kvHeads)·headDim]; or [batch, time, heads,
 * headDim].
 * @param positions u32 of each token; or of fewer, which are repeated: [time] for every sequence of a batch.
 * @returns of x's shape.
 * @throws ShapeError for sizes that do not fit each other.
 */
export function rope(x: Tensor, positions: Tensor, options: RopeOptions): Tensor<'f32'> {
  const { device } = x;
  const { headDim, base = 10000, interleaved = false } = options;
  const apart = x.shape.length === 4;
  const width = (apart ? x.shape[2] : 1) * x.shape[x.shape.length - 1];
  if (!Number.isInteger(headDim / 2) || headDim <= 0)
    throw new ShapeError('rope', `heads of ${headDim} elements`, 'an even number of them');
  if (x.dtype !== 'f32' || !Number.isInteger(width / headDim) || (apart && x.shape[3] !== headDim))
    throw new ShapeError(
      'rope',
      `x ${x.dtype} [${x.shape}] for heads of ${headDim}`,
      'f32 [..., heads·headDim] or [batch, time, heads, headDim]',
    );
  const [tokens, allHeads] = [width ? x.size / width : 0, width / headDim];
  const { heads = allHeads } = options;
  if (!Number.isInteger(heads) || heads < 0 || heads > allHeads) throw new ShapeError('rope', `heads ${heads}`, `0 to ${allHeads}`);
  if (positions.dtype !== 'u32' || positions.size === 0 || tokens % positions.size !== 0)
    throw new ShapeError('rope', `positions ${positions.dtype} [${positions.shape}]`, `u32 of ${tokens} tokens, or a divisor of that`);
  if (!(base > 0 && Number.isFinite(base))) throw new ShapeError('rope', `base ${base}`, 'a number above 0');
  if (options.frequencies && (options.frequencies.dtype !== 'u32' || options.frequencies.size !== headDim))
    throw new ShapeError('rope', `frequencies [${options.frequencies.shape}]`, `u32 [${headDim / 2}, 2]`);
  const frequencies = options.frequencies ?? device.tensor(ropeFrequencies(headDim, base), [headDim / 2, 2]);
  const shape = { tokens, period: positions.size, allHeads, heads, headDim, interleaved: interleaved ? 1 : 0 };
  const turn = (from: Tensor, inverse: number): Tensor<'f32'> => {
    const out = device.empty(x.shape);
    if (x.size > 0) device.dispatch(ropeKernel, { ...shape, inverse } satisfies RopeShape, { x: from, positions, frequencies, out });
    return out;
  };
  const out = turn(x, 0);
  // Turning is orthogonal: its gradient turns back.
  op('rope', [x], [out], ([gradient]) => [turn(gradient as Tensor, 1)]);
  return out;
}
