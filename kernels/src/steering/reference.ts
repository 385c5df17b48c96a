import type { SteeringShape } from './index.js';

type Numbers = ArrayLike<number>;

const coefficient = (c: Numbers, { terms, appended }: SteeringShape, n: number, j: number): number =>
  appended && j === terms - 1 ? 1 : c[n * (terms - appended) + j];

/** u[n, ρ] = Σ_j c[n, j] p[n, j·rank + ρ]. */
export function steeringContractReference(shape: SteeringShape, c: Numbers, p: Numbers): Float64Array {
  const { rows, terms, rank } = shape;
  const u = new Float64Array(rows * rank);
  for (let n = 0; n < rows; n++)
    for (let j = 0; j < terms; j++)
      for (let rho = 0; rho < rank; rho++) u[n * rank + rho] += coefficient(c, shape, n, j) * p[(n * terms + j) * rank + rho];
  return u;
}

/** q[n, j·rank + ρ] = c[n, j] u[n, ρ]. */
export function steeringExpandReference(shape: SteeringShape, c: Numbers, u: Numbers): Float64Array {
  const { rows, terms, rank } = shape;
  const q = new Float64Array(rows * terms * rank);
  for (let n = 0; n < rows; n++)
    for (let j = 0; j < terms; j++)
      for (let rho = 0; rho < rank; rho++) q[(n * terms + j) * rank + rho] = coefficient(c, shape, n, j) * u[n * rank + rho];
  return q;
}

/** dc[n, j] = Σ_ρ dq[n, j·rank + ρ] u[n, ρ] + p[n, j·rank + ρ] du[n, ρ]. */
export function steeringCoefficientsReference(
  { rows, terms, rank, appended }: SteeringShape,
  { p, du, dq, u }: Record<'p' | 'du' | 'dq' | 'u', Numbers>,
): Float64Array {
  const columns = terms - appended;
  const dc = new Float64Array(rows * columns);
  for (let n = 0; n < rows; n++)
    for (let j = 0; j < columns; j++)
      for (let rho = 0; rho < rank; rho++) {
        const at = (n * terms + j) * rank + rho;
        dc[n * columns + j] += dq[at] * u[n * rank + rho] + p[at] * du[n * rank + rho];
      }
  return dc;
}
