/**
 * Cholesky factors and triangular systems, for many small matrices at once: least squares, Gaussian processes,
 * whitening.
 */
import { choleskyFactor, LOWER_PRODUCT, lowerProduct, triangularSolve as triangularSolveKernel } from '@coxswain/kernels';
import { op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';

/** Matrices and rows of [..., n, n]. @throws ShapeError for anything else. */
function squareOf(name: string, a: Tensor): { readonly batch: number; readonly size: number } {
  const [rows, columns] = a.shape.slice(-2);
  if (a.shape.length < 2 || rows !== columns) throw new ShapeError(name, `shape [${a.shape}]`, '[…, n, n]');
  return { batch: sizeOf(a.shape.slice(0, -2)), size: rows };
}

function solve(
  l: Tensor,
  b: Tensor,
  columns: number,
  flags: { readonly transpose: 0 | 1; readonly transposedRight?: 0 | 1 },
): Tensor<'f32'> {
  const sizes = squareOf('triangularSolve', l);
  const x = l.device.empty([...l.shape.slice(0, -1), columns]);
  l.device.dispatch(triangularSolveKernel, { ...sizes, columns, transposedRight: 0, ...flags }, { l, b, x });
  return x;
}

function lower(product: number, u: Tensor, v: Tensor, columns: number): Tensor<'f32'> {
  const { device } = u;
  const [size] = u.shape.slice(-2);
  const out = device.empty([...u.shape.slice(0, -1), size]);
  const batch = sizeOf(u.shape.slice(0, -2));
  device.dispatch(lowerProduct, { batch, size, columns, product }, { u, v, out });
  return out;
}

/**
 * The lower triangular L with L Lᵀ = a, for symmetric positive definite matrices, a workgroup each. Only a's lower half
 * is read; its gradient is symmetric, as PyTorch's is (Murray 2016, arXiv 1602.07527). Where a is not positive definite
 * L is NaN from that column on.
 * @param a [..., n, n]
 * @returns [..., n, n], zeros above the diagonal
 */
export function cholesky(a: Tensor): Tensor<'f32'> {
  const { device } = a;
  const sizes = squareOf('cholesky', a);
  const l = device.empty(a.shape);
  device.dispatch(choleskyFactor, sizes, { a, l });
  op(
    'cholesky',
    [a],
    [l],
    ([dl]) => {
      const { size } = sizes;
      const projected = lower(LOWER_PRODUCT.projected, l, dl as Tensor, size);
      const left = solve(l, projected, size, { transpose: 1 });
      const both = solve(l, left, size, { transpose: 1, transposedRight: 1 });
      return [lower(LOWER_PRODUCT.symmetric, both, device.dummy, size)];
    },
    { saves: [l] },
  );
  return l;
}

/**
 * x with l x = b, or lᵀ x = b, for lower triangular l, whose upper half is not read.
 * @param l [..., n, n]
 * @param b [..., n, m]
 * @returns [..., n, m]
 */
export function triangularSolve(l: Tensor, b: Tensor, { transpose = false }: { readonly transpose?: boolean } = {}): Tensor<'f32'> {
  const { size } = squareOf('triangularSolve', l);
  const columns = b.shape.at(-1) ?? 0;
  const wanted = [...l.shape.slice(0, -2), size, columns];
  if (b.shape.length !== l.shape.length || wanted.some((n, i) => n !== b.shape[i]))
    throw new ShapeError('triangularSolve', `l [${l.shape}] and b [${b.shape}]`, 'l […, n, n] and b […, n, m]');
  const x = solve(l, b, columns, { transpose: transpose ? 1 : 0 });
  op(
    'triangularSolve',
    [l, b],
    [x],
    ([dx]) => {
      const db = solve(l, dx as Tensor, columns, { transpose: transpose ? 0 : 1 });
      if (!l.requiresGradient) return [null, db];
      return [transpose ? lower(LOWER_PRODUCT.outer, x, db, columns) : lower(LOWER_PRODUCT.outer, db, x, columns), db];
    },
    { saves: [l, x] },
  );
  return x;
}

/**
 * x with a x = b for symmetric positive definite a, by its Cholesky factor; NaN where a is not.
 * @param a [..., n, n]
 * @param b [..., n, m]
 * @returns [..., n, m]
 */
export function solvePositiveDefinite(a: Tensor, b: Tensor): Tensor<'f32'> {
  const l = cholesky(a);
  return triangularSolve(l, triangularSolve(l, b), { transpose: true });
}
