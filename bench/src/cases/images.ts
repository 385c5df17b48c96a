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
import { type Case, type Input, noise, watched } from '../case.js';
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

/** [outer, places, channels] as [outer, channels, places], and back with the last two given the other way round. */
function turned(data: ArrayLike<number>, places: number, channels: number): Float32Array {
  const plane = places * channels;
  return Float32Array.from({ length: data.length }, (_, i) => {
    const [outer, at] = [Math.floor(i / plane), i % plane];
    return data[outer * plane + (at % places) * channels + Math.floor(at / places)];
  });
}
/** The same, with the shape that it has then: channels before their places. */
function channelsFirst({ shape, data }: Input): Input {
  const [outer, ...inner] = shape;
  const channels = inner.pop() as number;
  return { shape: [outer, channels, ...inner], data: turned(data, data.length / outer / channels, channels) };
}

/** A kernel of 3 × 3 that keeps the size of the image. */
function convolutionCases(batch: number, side: number, channels: number, filters: number, groups: number): Case[] {
  const shape: ConvolutionShape = {
    ...{ batch, height: side, width: side, channels, outHeight: side, outWidth: side, filters, groups, bias: 0 },
    ...{ kernelHeight: 3, kernelWidth: 3, strideY: 1, strideX: 1, padY: 1, padX: 1, dilationY: 1, dilationX: 1 },
  };
  const name = `${groups > 1 ? 'depthwise ' : ''}convolution 3×3`;
  const label = `${batch}×${side}×${side}×${channels} → ${filters}`;
  const inputs = () => ({ x: noise(1, [batch, side, side, channels]), w: noise(2, [filters, 3, 3, channels / groups]) });
  const jaxForward = ({ lax, numpy: np }: Jax, x: JaxArray, w: JaxArray): JaxArray => {
    const [image, weights] = [np.transpose(x, CHANNELS_FIRST), np.transpose(w, CHANNELS_FIRST)];
    const pad: [number, number] = [1, 1];
    return np.transpose(lax.convGeneralDilated(image, weights, [1, 1], [pad, pad], { featureGroupCount: groups }), CHANNELS_LAST);
  };
  const tfjsForward = (tf: Tfjs, x: TfjsTensor, w: TfjsTensor): TfjsTensor =>
    groups > 1
      ? tf.depthwiseConv2d(x as never, tf.transpose(w, [1, 2, 0, 3]) as never, 1, 'same')
      : tf.conv2d(x as never, tf.transpose(w, [1, 2, 3, 0]) as never, 1, 'same');
  const forward: Case = {
    name: `${name} forward`,
    shape: label,
    inputs,
    reference: ({ x, w }) => [convolutionReference(shape, x.data, w.data)],
    tolerance: 1e-5,
    torch: 'convolution',
    ours: ({ x, w }) => [convolution2d(x, w, { padding: 1, groups })],
    jax: (jax, x, w) => [jaxForward(jax, x, w)],
    tfjs: (tf, x, w) => [tfjsForward(tf, x, w)],
    onnx: {
      pack: ({ x, w }) => ({ x: channelsFirst(x), w: channelsFirst(w) }),
      weights: ['w'],
      nodes: [
        { operator: 'Conv', inputs: ['x', 'w'], output: 'y', attributes: { group: groups, kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
      ],
      shape: [batch, filters, side, side],
      arrange: (y) => turned(y, filters, side * side),
    },
  };
  const both: Case = {
    name: `${name} forward + backward`,
    shape: label,
    inputs: () => ({ ...inputs(), dy: noise(3, [batch, side, side, filters]) }),
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
    jax: (jax, x, w, dy) => jaxGradients(jax, (x, w) => jaxForward(jax, x, w), [x, w], dy),
    tfjs: (tf, x, w, dy) => tfjsGradients(tf, (x, w) => tfjsForward(tf, x, w), [x, w], dy),
  };
  return [forward, both];
}

function poolingCases(batch: number, side: number, channels: number): Case[] {
  const half = side / 2;
  const shape = {
    ...{ batch, height: side, width: side, channels, outHeight: half, outWidth: half, padded: 1 },
    ...{ kernelHeight: 2, kernelWidth: 2, strideY: 2, strideX: 2, padY: 0, padX: 0 },
  };
  const label = `${batch}×${side}×${side}×${channels}`;
  const x = () => noise(1, [batch, side, side, channels]);
  // Windows side by side are another axis.
  const jaxForward = ({ numpy: np }: Jax, x: JaxArray): JaxArray => np.max(x.reshape([batch, half, 2, half, 2, channels]), [2, 4]);
  const tfjsForward = (tf: Tfjs, x: TfjsTensor): TfjsTensor => tf.maxPool(x as never, 2, 2, 'valid');
  const forward: Case = {
    name: 'max pooling 2×2 forward',
    shape: label,
    inputs: () => ({ x: x() }),
    reference: ({ x }) => [maxPoolReference(shape, x.data, new Float32Array(batch * half * half * channels)).y],
    tolerance: 0,
    torch: 'maxPooling',
    ours: ({ x }) => [maxPool2d(x, 2)],
    jax: (jax, x) => [jaxForward(jax, x)],
    tfjs: (tf, x) => [tfjsForward(tf, x)],
    onnx: {
      pack: ({ x }) => ({ x: channelsFirst(x) }),
      nodes: [{ operator: 'MaxPool', inputs: ['x'], output: 'y', attributes: { kernel_shape: [2, 2], strides: [2, 2] } }],
      shape: [batch, channels, half, half],
      arrange: (y) => turned(y, channels, half * half),
    },
  };
  const both: Case = {
    name: 'max pooling 2×2 forward + backward',
    shape: label,
    inputs: () => ({ x: x(), dy: noise(2, [batch, half, half, channels]) }),
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
    jax: (jax, x, dy) => jaxGradients(jax, (x) => jaxForward(jax, x), [x], dy),
    tfjs: (tf, x, dy) => tfjsGradients(tf, (x) => tfjsForward(tf, x), [x], dy),
  };
  return [forward, both];
}

function causalCases(batch: number, time: number, width: number): Case[] {
  const taps = 4;
  const shape = { batch, time, width, taps };
  const label = `B${batch} T${time} ${width}, ${taps} taps`;
  const inputs = () => ({ x: noise(1, [batch, time, width]), w: noise(2, [taps, width]) });
  const jaxForward = ({ lax, numpy: np }: Jax, x: JaxArray, w: JaxArray): JaxArray => {
    const weights = np.transpose(w).reshape([width, 1, taps]);
    const y = lax.convGeneralDilated(np.transpose(x, [0, 2, 1]), weights, [1], [[taps - 1, 0]], { featureGroupCount: width });
    return np.transpose(y, [0, 2, 1]);
  };
  const tfjsForward = (tf: Tfjs, x: TfjsTensor, w: TfjsTensor): TfjsTensor => {
    const padded = tf.pad(x, [
      [0, 0],
      [taps - 1, 0],
      [0, 0],
    ]);
    const image = tf.reshape(padded, [batch, time + taps - 1, 1, width]);
    const y = tf.depthwiseConv2d(image as never, tf.reshape(w, [taps, 1, width, 1]) as never, 1, 'valid');
    return tf.reshape(y, [batch, time, width]);
  };
  const forward: Case = {
    name: 'causal convolution forward',
    shape: label,
    inputs,
    reference: ({ x, w }) => [causalConvolutionReference(shape, x.data, w.data)],
    tolerance: 1e-5,
    torch: 'causalConvolution',
    ours: ({ x, w }) => [causalConvolution(x, w)],
    jax: (jax, x, w) => [jaxForward(jax, x, w)],
    tfjs: (tf, x, w) => [tfjsForward(tf, x, w)],
    onnx: {
      pack: ({ x, w }) => ({ x: channelsFirst(x), w: { shape: [width, 1, taps], data: turned(w.data, taps, width) } }),
      weights: ['w'],
      nodes: [
        { operator: 'Conv', inputs: ['x', 'w'], output: 'y', attributes: { group: width, kernel_shape: [taps], pads: [taps - 1, 0] } },
      ],
      shape: [batch, width, time],
      arrange: (y) => turned(y, width, time),
    },
  };
  const both: Case = {
    name: 'causal convolution forward + backward',
    shape: label,
    inputs: () => ({ ...inputs(), dy: noise(3, [batch, time, width]) }),
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
    jax: (jax, x, w, dy) => jaxGradients(jax, (x, w) => jaxForward(jax, x, w), [x, w], dy),
    tfjs: (tf, x, w, dy) => tfjsGradients(tf, (x, w) => tfjsForward(tf, x, w), [x, w], dy),
  };
  return [forward, both];
}

export const imageCases: readonly Case[] = [
  ...convolutionCases(8, 32, 32, 64, 1),
  ...convolutionCases(4, 28, 3, 16, 1),
  ...convolutionCases(8, 32, 64, 64, 64),
  ...poolingCases(8, 64, 32),
  ...causalCases(32, 176, 256),
];
