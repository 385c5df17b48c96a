/** Matrix products with their epilogues. */
import { matmulCombine, matmulKernel, matmulParts, matmulSplit, UNARY, unaryBackward } from '@coxswain/kernels';
import { accumulator, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { accumulateRows } from './reduce.js';

export interface LinearOptions {
  /** [out] */
  readonly bias?: Tensor;
  /** Clamp at zero from below, before the residual is added. */
  readonly relu?: boolean;
  /** [N, out], added last. */
  readonly residual?: Tensor;
}

const flags = { transposeA: 0, transposeB: 0, accumulate: 0, bias: 0, relu: 0, residual: 0 } as const;

/**
 * y = relu?(x wᵀ + bias) + residual.
 * @param x [N, in]
 * @param w [out, in], as torch stores it.
 * @returns [N, out]
 */
export function linear(x: Tensor, w: Tensor, { bias, relu, residual }: LinearOptions = {}): Tensor {
  const { device } = x;
  const [n, k] = x.shape;
  const [out, inputs] = w.shape;
  if (x.shape.length !== 2 || w.shape.length !== 2 || inputs !== k)
    throw new ShapeError('linear', `x [${x.shape}] and w [${w.shape}]`, 'x [N, in] and w [out, in]');
  if (bias && bias.size !== out) throw new ShapeError('linear', `bias [${bias.shape}]`, `[${out}]`);
  if (residual && residual.size !== n * out) throw new ShapeError('linear', `residual [${residual.shape}]`, `[${n}, ${out}]`);
  if (relu && residual) throw new ShapeError('linear', 'relu with a residual', 'one of them: the gradient of relu reads the output');
  const y = device.empty([n, out]);
  const shape = { ...flags, m: n, n: out, k, transposeB: 1, bias: bias ? 1 : 0, relu: relu ? 1 : 0, residual: residual ? 1 : 0 };
  device.dispatch(matmulKernel(shape, device.traits), shape, {
    a: x,
    b: w,
    bias: bias ?? device.dummy,
    residual: residual ?? device.dummy,
    c: y,
  });
  const inputsOf = [x, w, ...(bias ? [bias] : []), ...(residual ? [residual] : [])];
  op('linear', inputsOf, [y], ([gradient]) => {
    let dy = gradient as Tensor;
    if (relu) {
      dy = device.empty([n, out]);
      device.dispatch(unaryBackward, { operation: UNARY.relu, count: n * out, a: 0, b: 0 }, { saved: y, dout: gradient as Tensor, dx: dy });
    }
    const dx = x.requiresGradient ? device.empty([n, k]) : null;
    if (dx) {
      const product = { ...flags, m: n, n: k, k: out };
      device.dispatch(matmulKernel(product, device.traits), product, { a: dy, b: w, bias: device.dummy, residual: device.dummy, c: dx });
    }
    if (w.requiresGradient) weightGradient(dy, x, accumulator(w));
    if (bias?.requiresGradient) accumulateRows(dy, accumulator(bias));
    return [dx, null, ...(bias ? [null] : []), ...(residual ? [dy] : [])];
  });
  return y;
}

/** dw[out, in] += dyᵀ x */
export function weightGradient(dy: Tensor, x: Tensor, dw: Tensor): void {
  const { device } = x;
  const [n, out] = dy.shape;
  const product = { m: out, n: x.size / n, k: n, transposeA: 1, transposeB: 0 };
  const inputs = { a: dy, b: x, bias: device.dummy, residual: device.dummy };
  const parts = matmulParts(product, device.traits);
  if (parts > 1) {
    // Few tiles and a long sum: more workgroups share the sum.
    const sums = device.empty([parts, out, product.n]);
    device.dispatch(matmulSplit, { ...product, parts }, { ...inputs, c: sums });
    device.dispatch(matmulCombine, { count: dw.size, parts, accumulate: 1 }, { parts: sums, c: dw });
    return;
  }
  const shape = { ...flags, ...product, accumulate: 1 };
  device.dispatch(matmulKernel(shape, device.traits), shape, { ...inputs, c: dw });
}
