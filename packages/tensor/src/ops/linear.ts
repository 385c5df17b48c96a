/** Matrix products with their epilogues. */
import {
  copyAxisRange,
  copyStrided,
  fitsNorm,
  type MatmulShape,
  matmulCombine,
  matmulKernel,
  matmulParts,
  PLAIN_PRODUCT,
} from '@coxswain/kernels';
import { accumulator, isRectified, markRectified, type OpOptions, op, records, takeGradient } from '../autograd.js';
import { requirePositive } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { rectifyGradient } from './elementwise.js';
import { launchProduct, launchSplitProduct, narrows } from './half.js';
import { type LayerNormOptions, layerNorm } from './norm.js';
import { accumulateRows } from './reduce.js';

export interface LinearOptions {
  /** [out] */
  readonly bias?: Tensor;
  /** Clamp at zero from below, before the residual is added. */
  readonly relu?: boolean;
  /** [N, out], added last. */
  readonly residual?: Tensor;
}

/**
 * y = relu?(x wᵀ + bias) + residual.
 * @param x [N, in]
 * @param w [out, in], as torch stores it.
 * @returns [N, out]
 */
export function linear(x: Tensor, w: Tensor, options: LinearOptions = {}): Tensor<'f32'> {
  const { bias, relu, residual } = options;
  const { shape, operands } = productOf(x, w, options);
  launchProduct(shape, operands);
  const y = operands.c;
  const inputsOf = [x, w, ...(bias ? [bias] : []), ...(residual ? [residual] : [])];
  const backward = (gradient: Tensor): (Tensor | null)[] => {
    const dy = relu ? rectifyGradient(gradient, y) : gradient;
    const dx = x.requiresGradient ? inputGradient(dy, w, x) : null;
    if (w.requiresGradient) weightGradient(dy, x, accumulator(w), bias?.requiresGradient ? accumulator(bias) : undefined);
    else if (bias?.requiresGradient && dy.size > 0) accumulateRows(dy, accumulator(bias));
    return [dx, null, ...(bias ? [null] : []), ...(residual ? [dy] : [])];
  };
  const recorded: OpOptions = { saves: relu ? [x, w, y] : [x, w], ...(relu ? { kind: 'relu' } : {}) };
  op('linear', inputsOf, [y], ([dy]) => backward(dy as Tensor), recorded);
  return y;
}

/** The product of a linear layer and what it reads and writes. @throws ShapeError where they do not fit together. */
function productOf(x: Tensor, w: Tensor, { bias, relu, residual }: LinearOptions) {
  const { device } = x;
  const [n, k] = x.shape;
  const [out, inputs] = w.shape;
  if (x.shape.length !== 2 || w.shape.length !== 2 || inputs !== k)
    throw new ShapeError('linear', `x [${x.shape}] and w [${w.shape}]`, 'x [N, in] and w [out, in]');
  if (bias && bias.size !== out) throw new ShapeError('linear', `bias [${bias.shape}]`, `[${out}]`);
  if (residual && residual.size !== n * out) throw new ShapeError('linear', `residual [${residual.shape}]`, `[${n}, ${out}]`);
  if (relu && residual) throw new ShapeError('linear', 'relu with a residual', 'one of them: the gradient of relu reads the output');
  const flags = { transposeB: 1, bias: bias ? 1 : 0, relu: relu ? 1 : 0, residual: residual ? 1 : 0 };
  const shape: MatmulShape = { ...PLAIN_PRODUCT, m: n, n: out, k, ...flags };
  const { dummy } = device;
  const operands = { a: x, b: w, bias: bias ?? dummy, residual: residual ?? dummy, c: device.empty([n, out]), sums: dummy };
  return { shape, operands };
}

/** Gains and offsets of a layer norm, [in] both, and what it adds to the variance. */
export type AffineNorm = Required<LayerNormOptions>;

/**
 * `linear(layerNorm(x, norm), w, options)`; in one launch where no gradient is recorded and a kernel of the adapter
 * makes it so.
 * @param x [N, in]
 * @param w [out, in]
 * @returns [N, out]
 */
export function normedLinear(x: Tensor, norm: AffineNorm, w: Tensor, options: LinearOptions = {}): Tensor<'f32'> {
  const { gamma, beta, eps } = norm;
  requirePositive('normedLinear', 'eps', eps);
  const width = x.shape[1];
  if (gamma.size !== width || beta.size !== width)
    throw new ShapeError('normedLinear', `gamma [${gamma.shape}] and beta [${beta.shape}] for x [${x.shape}]`, `[${width}] both`);
  const inputs = [x, w, gamma, beta, options.bias, options.residual].filter((tensor) => tensor !== undefined);
  const { traits } = x.device;
  const sizes = { ...PLAIN_PRODUCT, m: x.shape[0], n: w.shape[0], k: x.shape[1], transposeB: 1 };
  if (records(inputs) || narrows() || !fitsNorm(sizes, traits)) return linear(layerNorm(x, norm), w, options);
  const { shape, operands } = productOf(x, w, options);
  const normed = { ...shape, norm: 1, eps };
  x.device.dispatch(matmulKernel(normed, traits), normed, { ...operands, gamma, beta });
  return operands.c;
}

/**
 * dx = dy w, with what follows it in the same launch: the gradient of the relu that made x, or the gradient that x has
 * from elsewhere.
 */
function inputGradient(dy: Tensor, w: Tensor, x: Tensor): Tensor<'f32'> {
  const { device } = x;
  const dx = device.empty(x.shape);
  const rectified = isRectified(x);
  const earlier = rectified ? undefined : takeGradient(x);
  const [n, out] = dy.shape;
  const shape = { ...PLAIN_PRODUCT, m: n, n: w.shape[1], k: out, residual: earlier ? 1 : 0, rectify: rectified ? 1 : 0 };
  launchProduct(shape, {
    a: dy,
    b: w,
    bias: device.dummy,
    residual: rectified ? x : (earlier ?? device.dummy),
    c: dx,
    sums: device.dummy,
  });
  if (rectified) markRectified(dx, x);
  return dx;
}

/** dw[out, in] += dyᵀ x, and dbias[out] += Σ dy over its rows where it is given. */
export function weightGradient(dy: Tensor, x: Tensor, dw: Tensor, dbias?: Tensor): void {
  const { device } = x;
  const [k, m] = dy.shape;
  // No rows add nothing, and without inputs there is only the bias.
  if (k === 0 || m === 0) return;
  const n = x.size / k;
  if (n === 0) {
    if (dbias) accumulateRows(dy, dbias);
    return;
  }
  const rowSums = dbias ? 1 : 0;
  const sums = dbias ?? device.dummy;
  // What is read in fours has room for all of the last one.
  const whole = 4 * Math.ceil(m / 4);
  const parts = matmulParts({ m: whole, n, k }, device.traits);
  if (parts > 1) {
    // Few tiles and a long sum: more workgroups share the sum.
    const size = whole * (n + rowSums);
    const partial = device.empty([parts, size]);
    const a = whole === m ? dy : widened(dy, whole);
    launchSplitProduct({ m: whole, n, k, rowSums, parts }, { a, b: x, c: partial });
    const shape = { count: m * n, rows: rowSums * m, parts, whole: size, sumsAt: whole * n, accumulate: 1 };
    device.dispatch(matmulCombine, shape, { parts: partial, c: dw, sums });
    return;
  }
  const shape = { ...PLAIN_PRODUCT, m, n, k, transposeA: 1, rowSums, accumulate: 1 };
  launchProduct(shape, { a: dy, b: x, bias: device.dummy, residual: device.dummy, c: dw, sums });
}

/** The same rows with more columns, in which anything may be. */
function widened(x: Tensor, columns: number): Tensor<'f32'> {
  const { device } = x;
  const [rows, length] = x.shape;
  const out = device.empty([rows, columns]);
  const range = { outer: rows, inner: 1, length, xAxis: length, xFrom: 0, outAxis: columns, outFrom: 0 };
  device.dispatch(copyStrided, copyAxisRange(range), { x, out }, { bits: ['x', 'out'] });
  return out;
}
