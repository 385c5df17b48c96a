import { matmulHalfKernel, matmulKernel, matmulReference, PLAIN_PRODUCT, packHalf, unpackHalf } from '@coxswain/kernels';
import { batchedMatmul } from '@coxswain/tensor';
import { type Case, type Inputs, noise } from '../case.js';

const SIZES: readonly (readonly [m: number, k: number, n: number])[] = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [5632, 64, 256],
  [256, 637, 256],
];
/** Minutes on a software adapter. */
const LARGE: readonly number[] = [2048, 4096];

/** x · v for x [rows, columns], in float64. */
function timesVector(x: ArrayLike<number>, v: ArrayLike<number>): Float64Array {
  const columns = v.length;
  return Float64Array.from({ length: x.length / columns }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += x[row * columns + i] * v[i];
    return sum;
  });
}

/** The product times a vector of random signs instead of the product itself: n² work instead of n³ (Freivalds 1977). */
function projected(n: number): Pick<Case, 'project' | 'reference'> {
  const signs = noise(3, [n]).data.map(Math.sign);
  return {
    reference: ({ a, b }) => [timesVector(a.data, timesVector(b.data, signs))],
    project: ([c]) => [timesVector(c, signs)],
  };
}

function matmulCase([m, k, n]: (typeof SIZES)[number]): Case {
  const shape = { ...PLAIN_PRODUCT, m, n, k };
  return {
    name: 'matmul',
    shape: `${m}×${k}×${n}`,
    inputs: () => ({ a: noise(1, [m, k]), b: noise(2, [k, n]) }),
    reference: ({ a, b }) => [matmulReference(shape, a.data, b.data)],
    tolerance: 1e-5,
    ours: ({ a, b }, device) => {
      const c = device.empty([m, n]);
      const { dummy } = device;
      const absent = { bias: dummy, residual: dummy, gamma: dummy, beta: dummy, sums: dummy };
      device.dispatch(matmulKernel(shape, device.traits), shape, { ...absent, a, b, c });
      return [c];
    },
    jax: ({ numpy }, a, b) => [numpy.matmul(a, b)],
    torch: 'matmul',
    tfjs: (tf, a, b) => [tf.matMul(a as never, b as never)],
    onnx: { nodes: [{ operator: 'MatMul', inputs: ['a', 'b'], output: 'c' }], shape: [m, n] },
  };
}

/** Inputs whose every element is a half already, so that all contestants multiply the same numbers. */
function halves(n: number): Inputs {
  const half = (seed: number) => ({ shape: [n, n], data: unpackHalf(packHalf(noise(seed, [n, n]).data)) });
  return { a: half(1), b: half(2) };
}

function halfCase(n: number, suits: Case['suits']): Case {
  const whole = matmulCase([n, n, n]);
  const shape = { ...PLAIN_PRODUCT, m: n, n, k: n };
  return {
    ...projected(n),
    name: 'matmul, f16 in',
    shape: whole.shape,
    dtype: 'f16',
    suits: (traits) => traits.f16 && (suits?.(traits) ?? true),
    inputs: () => halves(n),
    // PyTorch gives its result in half precision.
    tolerance: 1e-3,
    pack: (inputs) =>
      Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, { shape: [data.length / 2], data: packHalf(data) }])),
    ours: ({ a, b }, device) => {
      const c = device.empty([n, n]);
      const absent = { bias: device.dummy, residual: device.dummy, sums: device.dummy };
      device.dispatch(matmulHalfKernel(shape, device.traits), shape, { ...absent, a, b, c });
      return [c];
    },
    torch: 'matmulHalf',
  };
}

const onGpu: Case['suits'] = ({ family }) => family === 'gpu';

/** Many products side by side, b transposed as the keys of an attention are. */
function batchedCase(batch: number, [m, k, n]: (typeof SIZES)[number]): Case {
  const strides = { batch, batch2: batch, a2: m * k, b2: n * k };
  const shape = { ...PLAIN_PRODUCT, m, n, k, ...strides, transposeB: 1 };
  return {
    name: 'batched matmul, b transposed',
    shape: `${batch}×${m}×${k}×${n}`,
    inputs: () => ({ a: noise(1, [batch, m, k]), b: noise(2, [batch, n, k]) }),
    reference: ({ a, b }) => [matmulReference(shape, a.data, b.data)],
    tolerance: 1e-5,
    torch: 'matmulAcross',
    ours: ({ a, b }) => [batchedMatmul(a, b, { transposeB: true })],
    jax: ({ numpy: np }, a, b) => [np.matmul(a, np.transpose(b, [0, 2, 1]))],
    tfjs: (tf, a, b) => [tf.matMul(a as never, b as never, false, true)],
    onnx: {
      nodes: [
        { operator: 'Transpose', inputs: ['b'], output: 'across', attributes: { perm: [0, 2, 1] } },
        { operator: 'MatMul', inputs: ['a', 'across'], output: 'c' },
      ],
      shape: [batch, m, n],
    },
  };
}

/** c[m, n] = a[m, k] · b[k, n] */
export const matmulCases: readonly Case[] = [
  ...SIZES.map(matmulCase),
  batchedCase(64, [176, 16, 176]),
  batchedCase(16, [128, 128, 128]),
  ...LARGE.map((n) => ({ ...matmulCase([n, n, n]), ...projected(n), suits: onGpu })),
  ...LARGE.map((n) => halfCase(n, onGpu)),
];
