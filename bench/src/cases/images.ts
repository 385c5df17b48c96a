/** Convolutions and pooling, forward and backward; images are [batch, height, width, channels]. */
import {
  type ConvolutionShape,
  causalConvolutionBackwardReference,
  causalConvolutionReference,
  convolutionBackwardReference,
  convolutionReference,
  maxPoolReference,
} from '@coxswain/kernels';
import { backward, causalConvolution, convolution2d, maxPool2d } from '@coxswain/tensor';
import { type Case, noise, watched } from '../case.js';
import type { Jax, JaxArray } from '../peers/jax.js';
import type { Tfjs, TfjsTensor } from '../peers/tfjs.js';

/** y and the gradients of Σ y · dy with respect to all inputs but dy. */
function jaxGradients({ numpy: np, valueAndGrad }: Jax, forward: (...inputs: JaxArray[]) => JaxArray, inputs: JaxArray[], dy: JaxArray) {
  const loss = (...given: JaxArray[]): [JaxArray, JaxArray] => {
    const y = forward(...given);
    return [np.sum(y.ref.mul(dy)), y];
  };
  const [[total, y], gradients] = valueAndGrad(loss, { argnums: inputs.map((_, i) => i), hasAux: true })(...inputs);
  (total as JaxArray).dispose();
  return [y, ...(gradients as JaxArray[])] as JaxArray[];
}

function tfjsGradients(tf: Tfjs, forward: (...inputs: TfjsTensor[]) => TfjsTensor, inputs: TfjsTensor[], dy: TfjsTensor): TfjsTensor[] {
  let y: TfjsTensor | undefined;
  const kept = (...given: TfjsTensor[]): TfjsTensor => {
    y = tf.keep(forward(...given));
    return y;
  };
  const gradients = tf.grads(kept)(inputs, dy);
  return [y as TfjsTensor, ...gradients];
}

const CHANNELS_FIRST = [0, 3, 1, 2];
const CHANNELS_LAST = [0, 2, 3, 1];

/** A kernel of 3 × 3 that keeps the size of the image. */
function convolutionCase(batch: number, side: number, channels: number, filters: number, groups: number): Case {
  const shape: ConvolutionShape = {
    ...{ batch, height: side, width: side, channels, outHeight: side, outWidth: side, filters, groups, bias: 0 },
    ...{ kernelHeight: 3, kernelWidth: 3, strideY: 1, strideX: 1, padY: 1, padX: 1, dilationY: 1, dilationX: 1 },
  };
  return {
    name: `${groups > 1 ? 'depthwise ' : ''}convolution 3×3 forward + backward`,
    shape: `${batch}×${side}×${side}×${channels} → ${filters}`,
    inputs: () => ({
      x: noise(1, [batch, side, side, channels]),
      w: noise(2, [filters, 3, 3, channels / groups]),
      dy: noise(3, [batch, side, side, filters]),
    }),
    reference: ({ x, w, dy }) => {
      const { dx, dw } = convolutionBackwardReference(shape, x.data, w.data, dy.data);
      return [convolutionReference(shape, x.data, w.data), dx, dw];
    },
    tolerance: 1e-4,
    ours: ({ x, w, dy }) => {
      const [image, weights] = [watched(x), watched(w)];
      const y = convolution2d(image.x, weights.x, { padding: 1, groups });
      backward(y, dy);
      return [y.detach(), image.gradient(), weights.gradient()];
    },
    jax: (jax, x, w, dy) => {
      const { lax, numpy: np } = jax;
      const pad: [number, number] = [1, 1];
      const forward = (x: JaxArray, w: JaxArray): JaxArray => {
        const [image, weights] = [np.transpose(x, CHANNELS_FIRST), np.transpose(w, CHANNELS_FIRST)];
        return np.transpose(lax.convGeneralDilated(image, weights, [1, 1], [pad, pad], { featureGroupCount: groups }), CHANNELS_LAST);
      };
      return jaxGradients(jax, forward, [x, w], dy);
    },
    tfjs: (tf, x, w, dy) => {
      const forward = (x: TfjsTensor, w: TfjsTensor): TfjsTensor =>
        groups > 1
          ? tf.depthwiseConv2d(x as never, tf.transpose(w, [1, 2, 0, 3]) as never, 1, 'same')
          : tf.conv2d(x as never, tf.transpose(w, [1, 2, 3, 0]) as never, 1, 'same');
      return tfjsGradients(tf, forward, [x, w], dy);
    },
  };
}

function poolingCase(batch: number, side: number, channels: number): Case {
  const half = side / 2;
  const shape = {
    ...{ batch, height: side, width: side, channels, outHeight: half, outWidth: half, padded: 1 },
    ...{ kernelHeight: 2, kernelWidth: 2, strideY: 2, strideX: 2, padY: 0, padX: 0 },
  };
  return {
    name: 'max pooling 2×2 forward + backward',
    shape: `${batch}×${side}×${side}×${channels}`,
    inputs: () => ({ x: noise(1, [batch, side, side, channels]), dy: noise(2, [batch, half, half, channels]) }),
    reference: ({ x, dy }) => {
      const { y, dx } = maxPoolReference(shape, x.data, dy.data);
      return [y, dx];
    },
    tolerance: 1e-5,
    ours: ({ x, dy }) => {
      const image = watched(x);
      const y = maxPool2d(image.x, 2);
      backward(y, dy);
      return [y.detach(), image.gradient()];
    },
    // Windows side by side are another axis.
    jax: (jax, x, dy) => {
      const forward = (x: JaxArray): JaxArray => jax.numpy.max(x.reshape([batch, half, 2, half, 2, channels]), [2, 4]);
      return jaxGradients(jax, forward, [x], dy);
    },
    tfjs: (tf, x, dy) => tfjsGradients(tf, (x) => tf.maxPool(x as never, 2, 2, 'valid'), [x], dy),
  };
}

function causalCase(batch: number, time: number, width: number): Case {
  const taps = 4;
  const shape = { batch, time, width, taps };
  return {
    name: 'causal convolution forward + backward',
    shape: `B${batch} T${time} ${width}, ${taps} taps`,
    inputs: () => ({ x: noise(1, [batch, time, width]), w: noise(2, [taps, width]), dy: noise(3, [batch, time, width]) }),
    reference: ({ x, w, dy }) => {
      const { dx, dw } = causalConvolutionBackwardReference(shape, x.data, w.data, dy.data);
      return [causalConvolutionReference(shape, x.data, w.data), dx, dw];
    },
    tolerance: 1e-4,
    ours: ({ x, w, dy }) => {
      const [input, weights] = [watched(x), watched(w)];
      const y = causalConvolution(input.x, weights.x);
      backward(y, dy);
      return [y.detach(), input.gradient(), weights.gradient()];
    },
    jax: (jax, x, w, dy) => {
      const { lax, numpy: np } = jax;
      const forward = (x: JaxArray, w: JaxArray): JaxArray => {
        const weights = np.transpose(w).reshape([width, 1, taps]);
        const y = lax.convGeneralDilated(np.transpose(x, [0, 2, 1]), weights, [1], [[taps - 1, 0]], { featureGroupCount: width });
        return np.transpose(y, [0, 2, 1]);
      };
      return jaxGradients(jax, forward, [x, w], dy);
    },
    tfjs: (tf, x, w, dy) => {
      const forward = (x: TfjsTensor, w: TfjsTensor): TfjsTensor => {
        const padded = tf.pad(x, [
          [0, 0],
          [taps - 1, 0],
          [0, 0],
        ]);
        const image = tf.reshape(padded, [batch, time + taps - 1, 1, width]);
        const y = tf.depthwiseConv2d(image as never, tf.reshape(w, [taps, 1, width, 1]) as never, 1, 'valid');
        return tf.reshape(y, [batch, time, width]);
      };
      return tfjsGradients(tf, forward, [x, w], dy);
    },
  };
}

export const imageCases: readonly Case[] = [
  convolutionCase(8, 32, 32, 64, 1),
  convolutionCase(4, 28, 3, 16, 1),
  convolutionCase(8, 32, 64, 64, 64),
  poolingCase(8, 64, 32),
  causalCase(32, 176, 256),
];
