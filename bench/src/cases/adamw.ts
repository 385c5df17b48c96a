import { adamw, adamwHyper, adamwReference } from '@coxswain/kernels';
import { type Case, type Inputs, noise } from '../case.js';

const COUNT = 3_000_000;
const SETTINGS = { learningRate: 1e-3, step: 10, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.03 };
const shape = {
  count: COUNT,
  decay1: 1 - SETTINGS.beta1,
  decay2: 1 - SETTINGS.beta2,
  eps: SETTINGS.eps,
  weightDecay: SETTINGS.weightDecay,
};
const hyper = adamwHyper({ ...SETTINGS, maxNorm: 0 });
const [, correction1, correction2] = hyper;

function reference({ parameters, gradients, mean, variance }: Inputs): Float64Array[] {
  const state = {
    parameters: Float64Array.from(parameters.data),
    mean: Float64Array.from(mean.data),
    variance: Float64Array.from(variance.data),
  };
  const after = adamwReference(shape, state, gradients.data, hyper, 1);
  return [after.parameters, after.mean, after.variance];
}

/** One step over three million parameters; ours writes in place, the peers return what changed. */
export const adamwCases: readonly Case[] = [
  {
    name: 'AdamW step',
    shape: `${COUNT} parameters`,
    inputs: () => ({
      parameters: noise(1, [COUNT]),
      gradients: noise(2, [COUNT]),
      mean: noise(3, [COUNT], 0.1),
      variance: { shape: [COUNT], data: noise(4, [COUNT], 0.1).data.map(Math.abs) as Float32Array },
    }),
    reference,
    tolerance: 1e-5,
    torch: 'adamw',
    ours: (state, device) => {
      const { parameters, gradients, mean, variance } = state;
      const once = { hyper: device.tensor(hyper), norm: device.tensor(Float32Array.of(1)), skipped: device.tensor(Uint32Array.of(0)) };
      device.dispatch(adamw, shape, { parameters, gradients, mean, variance, ...once });
      return [parameters, mean, variance];
    },
    jax: ({ numpy: np }, parameters, gradients, mean, variance) => {
      const m = mean.mul(SETTINGS.beta1).add(gradients.ref.mul(shape.decay1));
      const v = variance.mul(SETTINGS.beta2).add(np.square(gradients).mul(shape.decay2));
      const direction = m.ref.div(correction1).div(np.sqrt(v.ref.div(correction2)).add(SETTINGS.eps));
      const decayed = parameters.mul(1 - SETTINGS.learningRate * SETTINGS.weightDecay);
      return [decayed.sub(direction.mul(SETTINGS.learningRate)), m, v];
    },
    tfjs: (tf, parameters, gradients, mean, variance) => {
      const m = tf.add(tf.mul(mean, SETTINGS.beta1), tf.mul(gradients, shape.decay1));
      const v = tf.add(tf.mul(variance, SETTINGS.beta2), tf.mul(tf.square(gradients), shape.decay2));
      const direction = tf.div(tf.div(m, correction1), tf.add(tf.sqrt(tf.div(v, correction2)), SETTINGS.eps));
      const decayed = tf.mul(parameters, 1 - SETTINGS.learningRate * SETTINGS.weightDecay);
      return [tf.sub(decayed, tf.mul(direction, SETTINGS.learningRate)), m, v];
    },
  },
];
