import { matmulKernel, matmulReference, PLAIN_PRODUCT } from '@coxswain/kernels';
import { type Case, noise } from '../case.js';

const SIZES: readonly (readonly [m: number, k: number, n: number])[] = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [5632, 64, 256],
  [256, 637, 256],
];

/** c[m, n] = a[m, k] · b[k, n] */
export const matmulCases: readonly Case[] = SIZES.map(([m, k, n]) => {
  const shape = { ...PLAIN_PRODUCT, m, n, k };
  return {
    name: 'matmul',
    shape: `${m}×${k}×${n}`,
    inputs: () => ({ a: noise(1, [m, k]), b: noise(2, [k, n]) }),
    reference: ({ a, b }) => [matmulReference(shape, a.data, b.data)],
    tolerance: 1e-5,
    ours: ({ a, b }, device) => {
      const c = device.empty([m, n]);
      device.dispatch(matmulKernel(shape, device.traits), shape, {
        a,
        b,
        bias: device.dummy,
        residual: device.dummy,
        c,
        sums: device.dummy,
      });
      return [c];
    },
    jax: ({ numpy }, a, b) => [numpy.matmul(a, b)],
    torch: 'matmul',
    tfjs: (tf, a, b) => [tf.matMul(a as never, b as never)],
  };
});
