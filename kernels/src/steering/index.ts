import { type AdapterTraits, type Kernel, read, stridedGrid, stridedWorkgroup, u32, valueConstants, written } from '../declaration.js';
import coefficientsSource from './coefficients.wgsl';
import contractSource from './contract.wgsl';
import contraction from './contraction.wgsl';
import mixSource from './mix.wgsl';

export type SteeringShape = {
  /** Tokens. */
  readonly rows: number;
  /** Width of the decoder's hidden layer plus one for the constant. */
  readonly terms: number;
  readonly rank: number;
  /** 1 where `c` is `[rows, terms − 1]` and the last coefficient, the constant 1, is not stored. */
  readonly appended: 0 | 1;
};

export type SteeringCoefficientsShape = SteeringShape & {
  /** 1: put 0 where c is not positive, the gradient of the relu that made it. */
  readonly rectify: number;
};

const uniforms = u32('rows', 'terms', 'rank');
const lanes = ({ rank }: SteeringShape): number => (rank % 4 === 0 ? 4 : 1);
const constants = (shape: SteeringShape, adapter: AdapterTraits) => ({
  WORKGROUP: stridedWorkgroup(adapter),
  APPENDED: shape.appended === 1,
  ...valueConstants(lanes(shape) === 4),
});
/** Items that are worth a workgroup of a CPU: each walks over all terms. */
const PER_GROUP = 16;
const sample: SteeringShape = { rows: 3200, terms: 33, rank: 16, appended: 1 };
const columns = ({ terms, appended }: SteeringShape): number => terms - appended;
/** Numbers in a matrix of coefficients, of terms and of the bottleneck. */
const lengths = (shape: SteeringShape) => ({
  c: shape.rows * columns(shape),
  p: shape.rows * shape.terms * shape.rank,
  u: shape.rows * shape.rank,
});

/**
 * The low-rank hypernetwork steers without its matrices: with U = B_t A_t, A_t = Σ_j c_j A[j] and B_t alike (arXiv
 * 2512.20605, §4), A_t e = Σ_j c_j (A[j] e). From `p [rows, terms·rank]` = e·Aᵀ and `c [rows, terms]` this makes `u
 * [rows, rank]` = A_t e.
 */
export const steeringContract: Kernel<SteeringShape> = {
  name: 'steering/contract',
  source: contractSource,
  fragments: () => ({ contraction }),
  buffers: [read('c'), read('p', 'f32', 'Value'), written('u', 'f32', 'Value')],
  uniforms,
  lengths,
  constants,
  grid: (shape, adapter) => stridedGrid((shape.rows * shape.rank) / lanes(shape), adapter, PER_GROUP),
  cost: (shape) => ({
    flops: 2 * shape.rows * shape.terms * shape.rank,
    bytes: 4 * shape.rows * (shape.terms * shape.rank + columns(shape) + shape.rank),
  }),
  sample,
};

/**
 * `steeringContract`, and the way back in the same launch: `q [rows, terms·rank]`, q[n, j·rank + ρ] = c[n, j] u[n, ρ],
 * so that U e = q·B for `B [terms·rank, width]`.
 */
export const steeringMix: Kernel<SteeringShape> = {
  name: 'steering/mix',
  source: mixSource,
  fragments: () => ({ contraction }),
  buffers: [read('c'), read('p', 'f32', 'Value'), written('u', 'f32', 'Value'), written('q', 'f32', 'Value')],
  uniforms,
  lengths: (shape) => ({ ...lengths(shape), q: lengths(shape).p }),
  constants,
  grid: (shape, adapter) => stridedGrid((shape.rows * shape.rank) / lanes(shape), adapter, PER_GROUP),
  cost: (shape) => ({
    flops: 3 * shape.rows * shape.terms * shape.rank,
    bytes: 4 * shape.rows * (2 * shape.terms * shape.rank + columns(shape) + shape.rank),
  }),
  sample,
};

/**
 * `dc` (the shape of `c`) from `p`, `u`, `dq [rows, terms·rank]` and `du [rows, rank]`. The other gradients are the two
 * passes again: du and dP are `steeringMix` of dq. `c` is read where it came out of a relu.
 */
export const steeringCoefficients: Kernel<SteeringCoefficientsShape> = {
  name: 'steering/coefficients',
  source: coefficientsSource,
  buffers: [
    read('p', 'f32', 'Value'),
    read('du', 'f32', 'Value'),
    read('dq', 'f32', 'Value'),
    read('u', 'f32', 'Value'),
    read('c'),
    written('dc'),
  ],
  uniforms,
  lengths: (shape) => {
    const { c, p, u } = lengths(shape);
    return { p, du: u, dq: p, u, c: shape.rectify * c, dc: c };
  },
  constants: (shape, adapter) => ({ ...constants(shape, adapter), RANKS: shape.rank / lanes(shape), RECTIFY: shape.rectify === 1 }),
  grid: ({ rows }, adapter) => stridedGrid(rows, adapter, PER_GROUP),
  cost: (shape) => ({
    flops: 4 * shape.rows * columns(shape) * shape.rank,
    bytes: 4 * shape.rows * (2 * shape.terms * shape.rank + columns(shape) + 2 * shape.rank),
  }),
  sample: { ...sample, rectify: 1 },
};
