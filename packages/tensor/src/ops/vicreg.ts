/** Terms that keep embeddings from collapsing: VICReg (Bardes et al. 2021, arXiv 2105.04906, §4.1). */
import { requirePositive } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { relu, scale, sqrt, square, sub } from './elementwise.js';
import { variance } from './folds.js';
import { matmul } from './matmul.js';
import { mean, sum } from './reduce.js';
import { slice } from './shape.js';

/** Rows and dimensions of embeddings. @throws ShapeError for less than two rows, whose variance there is not. */
function sizesOf(name: string, z: Tensor): { readonly rows: number; readonly dims: number } {
  const [rows, dims] = z.shape;
  if (z.shape.length !== 2 || rows < 2 || dims < 1) throw new ShapeError(name, `shape [${z.shape}]`, '[N, D] with at least two rows');
  return { rows, dims };
}

/**
 * How far two embeddings of the same things are from each other: the mean of (za − zb)² over all elements.
 * @param za [N, D]
 * @param zb [N, D]
 * @returns [1]
 */
export function vicregInvariance(za: Tensor, zb: Tensor): Tensor<'f32'> {
  if (za.shape.length !== 2 || za.shape.some((n, i) => n !== zb.shape[i]))
    throw new ShapeError('vicregInvariance', `za [${za.shape}] and zb [${zb.shape}]`, '[N, D] both');
  return mean(square(sub(za, zb)));
}

/**
 * The hinge that keeps every dimension's spread at `target`: mean_j max(0, target − √(Var_j + eps)), the variance over
 * rows without bias.
 * @param z [N, D], at least two rows
 * @returns [1]
 */
export function vicregVariance(
  z: Tensor,
  { target = 1, eps = 1e-4 }: { readonly target?: number; readonly eps?: number } = {},
): Tensor<'f32'> {
  sizesOf('vicregVariance', z);
  requirePositive('vicregVariance', 'eps', eps);
  return mean(relu(scale(sqrt(scale(variance(z, 0), 1, eps)), -1, target)));
}

/**
 * What dimensions say of each other: Σ_{i≠j} Cov_ij² / D, the covariance over rows without bias. Divided by D − 1 it is
 * the mean over pairs.
 * @param z [N, D], at least two rows
 * @returns [1]; 0 for a single dimension
 */
export function vicregCovariance(z: Tensor): Tensor<'f32'> {
  const { rows, dims } = sizesOf('vicregCovariance', z);
  const centred = sub(z, mean(z, 0));
  const covariance = scale(matmul(centred, centred, { transposeA: true }), 1 / (rows - 1));
  // Without its last element the matrix has rows of D + 1, each of which begins on the diagonal: no sum has to be taken
  // from another.
  const rest = slice(covariance.reshape([dims * dims]), 0, 0, dims * dims - 1).reshape([dims - 1, dims + 1]);
  return scale(sum(square(slice(rest, 1, 1, dims + 1))), 1 / dims);
}
