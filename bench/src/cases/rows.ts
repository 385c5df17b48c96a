import { crossEntropyBackwardReference, crossEntropyReference, layerNormBackwardReference, layerNormReference } from '@coxswain/kernels';
import { backward, crossEntropy, layerNorm } from '@coxswain/tensor';
import { type Case, noise, watched } from '../case.js';
import type { JaxArray } from '../peers/jax.js';
import type { TfjsTensor } from '../peers/tfjs.js';

const ROWS = 5632;
const EPS = 1e-5;

function layerNormCase(width: number): Case {
  return {
    name: 'layer norm forward + backward',
    shape: `${ROWS}×${width}`,
    inputs: () => ({ x: noise(1, [ROWS, width]), gamma: noise(2, [width]), beta: noise(3, [width]), dy: noise(4, [ROWS, width]) }),
    reference: ({ x, gamma, beta, dy }) => {
      const { dx, dgamma, dbeta } = layerNormBackwardReference(x.data, width, EPS, dy.data, gamma.data);
      return [layerNormReference(x.data, width, EPS, gamma.data, beta.data).y, dx, dgamma, dbeta];
    },
    tolerance: 1e-4,
    torch: 'layerNormGradient',
    ours: ({ x, gamma, beta, dy }) => {
      const [input, scale, shift] = [watched(x), watched(gamma), watched(beta)];
      const y = layerNorm(input.x, { gamma: scale.x, beta: shift.x, eps: EPS });
      backward(y, dy);
      return [y.detach(), input.gradient(), scale.gradient(), shift.gradient()];
    },
    jax: ({ nn, numpy: np, valueAndGrad }, x, gamma, beta, dy) => {
      const loss = (x: JaxArray, gamma: JaxArray, beta: JaxArray): [JaxArray, JaxArray] => {
        const y = nn.standardize(x, -1, { epsilon: EPS }).mul(gamma).add(beta);
        return [np.sum(y.ref.mul(dy)), y];
      };
      const [[total, y], gradients] = valueAndGrad(loss, { argnums: [0, 1, 2], hasAux: true })(x, gamma, beta);
      (total as JaxArray).dispose();
      return [y, ...gradients] as JaxArray[];
    },
    tfjs: (tf, x, gamma, beta, dy) => {
      let y: TfjsTensor | undefined;
      const forward = (x: TfjsTensor, gamma: TfjsTensor, beta: TfjsTensor): TfjsTensor => {
        const { mean, variance } = tf.moments(x, -1, true);
        y = tf.keep(tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPS))), gamma), beta));
        return y;
      };
      const gradients = tf.grads(forward)([x, gamma, beta], dy);
      return [y as TfjsTensor, ...gradients];
    },
  };
}

function crossEntropyCase(classes: number): Case {
  const shape = { rows: ROWS, classes };
  return {
    name: 'softmax cross-entropy forward + backward',
    shape: `${ROWS}×${classes}`,
    inputs: () => ({
      logits: noise(1, [ROWS, classes], 3),
      targets: { shape: [ROWS], data: Int32Array.from({ length: ROWS }, (_, i) => (i * 7) % classes) },
      dnll: noise(2, [ROWS]),
    }),
    reference: ({ logits, targets, dnll }) => [
      crossEntropyReference(shape, logits.data, targets.data),
      crossEntropyBackwardReference(shape, logits.data, targets.data, dnll.data),
    ],
    tolerance: 1e-4,
    torch: 'crossEntropyGradient',
    ours: ({ logits, targets, dnll }) => {
      const { x, gradient } = watched(logits);
      const nll = crossEntropy(x, targets);
      backward(nll, dnll);
      return [nll.detach(), gradient()];
    },
    jax: ({ nn, numpy: np, valueAndGrad }, logits, targets, dnll) => {
      const loss = (logits: JaxArray): [JaxArray, JaxArray] => {
        const nll = np.sum(nn.logSoftmax(logits, -1).mul(nn.oneHot(targets, classes)), 1).mul(-1);
        return [np.sum(nll.ref.mul(dnll)), nll];
      };
      const [[total, nll], gradient] = valueAndGrad(loss, { hasAux: true })(logits);
      (total as JaxArray).dispose();
      return [nll, gradient] as JaxArray[];
    },
    tfjs: (tf, logits, targets, dnll) => {
      let nll: TfjsTensor | undefined;
      const forward = (logits: TfjsTensor): TfjsTensor => {
        nll = tf.keep(tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(targets as never, classes)), 1)));
        return nll;
      };
      const gradient = tf.grad(forward)(logits, dnll);
      return [nll as TfjsTensor, gradient];
    },
  };
}

export const rowCases: readonly Case[] = [layerNormCase(64), layerNormCase(256), crossEntropyCase(16), crossEntropyCase(256)];
