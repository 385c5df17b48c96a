/** Matrix products with their epilogues. */
import { fitsNorm, type MatmulShape, matmulCombine, matmulKernel, matmulParts, PLAIN_PRODUCT } from '@coxswain/kernels';
import { accumulator, op, records, takeGradient } from '../autograd.js';
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
export function linear(x: Tensor, w: Tensor, options: LinearOptions = {}): Tensor {
  const { bias, relu, residual } = options;
  const { shape, operands } = productOf(x, w, options);
  launchProduct(shape, operands);
  const y = operands.c;
  y.rectified = relu === true;
  const inputsOf = [x, w, ...(bias ? [bias] : []), ...(residual ? [residual] : [])];
  op('linear', inputsOf, [y], ([gradient]) => {
    const dy = relu ? rectifyGradient(gradient as Tensor, y) : (gradient as Tensor);
    const dx = x.requiresGradient ? inputGradient(dy, w, x) : null;
    if (w.requiresGradient) weightGradient(dy, x, accumulator(w), bias?.requiresGradient ? accumulator(bias) : undefined);
    else if (bias?.requiresGradient) accumulateRows(dy, accumulator(bias));
    return [dx, null, ...(bias ? [null] : []), ...(residual ? [dy] : [])];
  });
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

/** `linear(layerNorm(x, norm), w, options)`; in one launch where no gradient is recorded and a kernel of the adapter makes it so. */
export function normedLinear(x: Tensor, norm: AffineNorm, w: Tensor, options: LinearOptions = {}): Tensor {
  const { gamma, beta, eps } = norm;
  const inputs = [x, w, gamma, beta, options.bias, options.residual].filter((tensor) => tensor !== undefined);
  const { traits } = x.device;
  const sizes = { ...PLAIN_PRODUCT, m: x.shape[0], n: w.shape[0], k: x.shape[1], transposeB: 1 };
  if (records(inputs) || narrows() || !fitsNorm(sizes, traits)) return linear(layerNorm(x, norm), w, options);
  const { shape, operands } = productOf(x, w, options);
  const normed = { ...shape, norm: 1, eps };
  x.device.dispatch(matmulKernel(normed, traits), normed, { ...operands, gamma, beta });
  operands.c.rectified = options.relu === true;
  return operands.c;
}

/** dx = dy w, with what follows it in the same launch: the gradient of the relu that made x, or the gradient that x has from elsewhere. */
function inputGradient(dy: Tensor, w: Tensor, x: Tensor): Tensor {
  const { device } = x;
  const dx = device.empty(x.shape);
  const earlier = x.rectified ? undefined : takeGradient(x);
  const [n, out] = dy.shape;
  const shape = { ...PLAIN_PRODUCT, m: n, n: w.shape[1], k: out, residual: earlier ? 1 : 0, rectify: x.rectified ? 1 : 0 };
  launchProduct(shape, {
    a: dy,
    b: w,
    bias: device.dummy,
    residual: x.rectified ? x : (earlier ?? device.dummy),
    c: dx,
    sums: device.dummy,
  });
  dx.rectified = x.rectified;
  return dx;
}

/** dw[out, in] += dyᵀ x, and dbias[out] += Σ dy over its rows where it is given. */
export function weightGradient(dy: Tensor, x: Tensor, dw: Tensor, dbias?: Tensor): void {
  const { device } = x;
  const [n, out] = dy.shape;
  const product = { m: out, n: x.size / n, k: n, transposeA: 1, transposeB: 0, rowSums: dbias ? 1 : 0 };
  const inputs = { a: dy, b: x, bias: device.dummy, residual: device.dummy };
  const sums = dbias ?? device.dummy;
  const parts = matmulParts(product, device.traits);
  if (parts > 1) {
    // Few tiles and a long sum: more workgroups share the sum.
    const partial = device.empty([parts, dw.size + (dbias ? out : 0)]);
    launchSplitProduct({ ...product, parts }, { ...inputs, c: partial, sums: device.dummy });
    device.dispatch(matmulCombine, { count: dw.size, rows: dbias ? out : 0, parts, accumulate: 1 }, { parts: partial, c: dw, sums });
    return;
  }
  const shape = { ...PLAIN_PRODUCT, ...product, accumulate: 1 };
  launchProduct(shape, { ...inputs, c: dw, sums });
}
