/** Products of matrices with random numbers, held against float64. */
import type { Kernel } from '../declaration.js';
import { layerNormReference } from '../layer-norm/reference.js';
import { type MatmulShape, matmul, PLAIN_PRODUCT } from '../matmul/index.js';
import { matmulReference, rowSumsReference } from '../matmul/reference.js';
import { poison, randomNormal, relativeError, runKernel } from './harness.js';

/** Stands for a buffer that a kernel does not look at. */
export const dummy = new Float32Array(4);

/** Of the buffers that only some kernels have, those of this one. */
export const others = ({ buffers }: Kernel<MatmulShape>, given: Record<'gamma' | 'beta', Float32Array>) =>
  Object.fromEntries(Object.entries(given).filter(([name]) => buffers.some((slot) => slot.name === name)));
/** Nothing for any of them. */
export const absent = { gamma: dummy, beta: dummy };

/** Runs a random product of the given shape and returns its error against float64. */
export async function check(
  kernel: Kernel<MatmulShape>,
  given: Partial<MatmulShape> & Pick<MatmulShape, 'm' | 'n' | 'k'>,
): Promise<number> {
  const shape = { ...PLAIN_PRODUCT, ...given };
  const { m, n, k, batch } = shape;
  const { a: sizeA, b: sizeB } = matmul.lengths!(shape, { family: 'software', f16: false });
  const sizes = [sizeA, sizeB, n, batch * m * n, batch * m * n, m];
  const [a, b, bias, residual, before, sumsBefore, gamma, beta] = [...sizes, k, k].map((length, i) =>
    randomNormal(length, 7 * i + m + n + k),
  );
  const { c, sums } = await runKernel(kernel, shape, {
    a,
    b,
    bias: shape.bias ? bias : dummy,
    residual: shape.residual || shape.rectify ? residual : dummy,
    ...others(kernel, { gamma, beta }),
    c: shape.accumulate ? before : poison(batch * m * n),
    sums: shape.rowSums ? sumsBefore : dummy,
  });
  const left = shape.norm ? layerNormReference(a, k, shape.eps, gamma, beta).y : a;
  const error = relativeError(c, matmulReference(shape, left, b, { bias, residual, before }));
  return shape.rowSums ? Math.max(error, relativeError(sums, rowSumsReference(shape, a, sumsBefore))) : error;
}
