/** Low-rank steering of a residual stream, arXiv 2512.20605, §4. */
import { type MatmulShape, PLAIN_PRODUCT, steeringCoefficients, steeringContract, steeringMix } from '@coxswain/kernels';
import { accumulator, isRectified, markRectified, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { launchProduct } from './half.js';
import { weightGradient } from './linear.js';

/**
 * e + U e with U = (Σ_j c_j B[j])ᵀ (Σ_j c_j A[j]), the matrices that a linear hypernetwork emits from its hidden layer
 * c. U is never built: for each token there are (hidden + 1)·rank numbers instead of 2·rank·width.
 * @param e [N, width]
 * @param c [N, hidden], to which a constant 1 is appended for the hypernetwork's bias, or [N, hidden + 1]
 * @param a [(hidden + 1)·rank, width], A[j] being the rows from j·rank on
 * @param b of the same shape, each row of B[j] a direction to write
 * @returns [N, width]
 */
export function steer(e: Tensor, c: Tensor, a: Tensor, b: Tensor, rank: number): Tensor<'f32'> {
  const { device } = e;
  const [rows, width] = e.shape;
  const wide = a.shape[0];
  const terms = wide / rank;
  const appended = terms - c.shape[1];
  const fits = a.shape[1] === width && b.shape[0] === wide && b.shape[1] === width && c.shape[0] === rows && Number.isInteger(terms);
  if (!fits || (appended !== 0 && appended !== 1))
    throw new ShapeError(
      'steer',
      `e [${e.shape}], c [${c.shape}], a [${a.shape}], b [${b.shape}] at rank ${rank}`,
      'e [N, width], c [N, hidden], a and b [(hidden + 1)·rank, width]',
    );
  const shape = { rows, terms, rank, appended } as const;
  const absent = { bias: device.dummy, residual: device.dummy, sums: device.dummy };
  const multiply = (
    sizes: Pick<MatmulShape, 'm' | 'n' | 'k'> & Partial<MatmulShape>,
    tensors: Readonly<Record<'a' | 'b' | 'c', Tensor> & { residual?: Tensor }>,
  ): void => {
    const whole = { ...PLAIN_PRODUCT, ...sizes };
    launchProduct(whole, { ...absent, ...tensors });
  };
  const p = device.empty([rows, wide]);
  const u = device.empty([rows, rank]);
  const q = device.empty([rows, wide]);
  const y = device.empty([rows, width]);
  multiply({ m: rows, n: wide, k: width, transposeB: 1 }, { a: e, b: a, c: p });
  device.dispatch(steeringMix, shape, { c, p, u, q });
  multiply({ m: rows, n: width, k: wide, residual: 1 }, { a: q, b, residual: e, c: y });
  const backward = (dy: Tensor): (Tensor | null)[] => {
    if (b.requiresGradient) weightGradient(q, dy, accumulator(b));
    const dq = device.empty([rows, wide]);
    const du = device.empty([rows, rank]);
    multiply({ m: rows, n: wide, k: width, transposeB: 1 }, { a: dy, b, c: dq });
    const toA = a.requiresGradient || e.requiresGradient;
    const dp = toA ? device.empty([rows, wide]) : undefined;
    if (dp) device.dispatch(steeringMix, shape, { c, p: dq, u: du, q: dp });
    else device.dispatch(steeringContract, shape, { c, p: dq, u: du });
    const dc = c.requiresGradient ? device.empty(c.shape) : null;
    if (dc) {
      device.dispatch(steeringCoefficients, { ...shape, rectify: isRectified(c) ? 1 : 0 }, { p, du, dq, u, c, dc });
      markRectified(dc, c);
    }
    if (!dp) return [null, dc, null, null];
    if (a.requiresGradient) weightGradient(dp, e, accumulator(a));
    const de = e.requiresGradient ? device.empty(e.shape) : null;
    if (de) multiply({ m: rows, n: width, k: wide, residual: 1 }, { a: dp, b: a, residual: dy, c: de });
    return [de, dc, null, null];
  };
  op('steer', [e, c, a, b], [y], ([dy]) => backward(dy as Tensor), { saves: [e, c, a, b, p, u, q] });
  return y;
}
