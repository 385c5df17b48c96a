import { attentionBackwardReference, attentionReference, packedAttention } from '@coxswain/kernels';
import { backward, causalAttention } from '@coxswain/tensor';
import { type Case, type Inputs, noise, watched } from '../case.js';
import type { Jax, JaxArray } from '../peers/jax.js';
import type { OnnxCase } from '../peers/onnx.js';
import { onnxFusedAttention } from '../peers/onnx-attention.js';
import type { Tfjs, TfjsTensor } from '../peers/tfjs.js';

const HEADS = 4;

/** q, k and v of shape [batch, time, heads, headDim] as the rows [q k v] that our kernel reads. */
function interleaved({ q, k, v }: Inputs, width: number): Float32Array {
  const rows = q.data.length / width;
  const qkv = new Float32Array(rows * 3 * width);
  for (let row = 0; row < rows; row++)
    [q, k, v].forEach(({ data }, i) => {
      qkv.set(data.subarray(row * width, (row + 1) * width) as Float32Array, (3 * row + i) * width);
    });
  return qkv;
}

/** The three parts of [rows, 3·width]. */
function separated(qkv: ArrayLike<number>, width: number): Float64Array[] {
  const rows = qkv.length / (3 * width);
  return [0, 1, 2].map((part) => {
    const out = new Float64Array(rows * width);
    for (let row = 0; row < rows; row++) for (let i = 0; i < width; i++) out[row * width + i] = qkv[(3 * row + part) * width + i];
    return out;
  });
}

/** Written out: its own `nn.dotProductAttention` needs iterator helpers, which Node 20 has not. */
function jaxAttention({ nn, numpy: np }: Jax, q: JaxArray, k: JaxArray, v: JaxArray): JaxArray {
  const [, time, , headDim] = q.shape;
  const scores = np.matmul(np.transpose(q, [0, 2, 1, 3]), np.transpose(k, [0, 2, 3, 1])).mul(1 / Math.sqrt(headDim));
  const weights = nn.softmax(np.where(np.tri(time, time, 0, { dtype: np.bool }), scores, -1e30), -1);
  return np.transpose(np.matmul(weights, np.transpose(v, [0, 2, 1, 3])), [0, 2, 1, 3]);
}

/** Composed as in its own examples: heads first, scores, mask, softmax. */
function tfjsAttention(tf: Tfjs, q: TfjsTensor, k: TfjsTensor, v: TfjsTensor): TfjsTensor {
  const [, time, , headDim] = q.shape;
  const headsFirst = (x: TfjsTensor): TfjsTensor => tf.transpose(x, [0, 2, 1, 3]);
  const scores = tf.mul(tf.matMul(headsFirst(q), headsFirst(k), false, true), 1 / Math.sqrt(headDim));
  const position = tf.range(0, time, 1, 'int32');
  const future = tf.less(tf.reshape(position, [time, 1]), tf.reshape(position, [1, time]));
  const weights = tf.softmax(tf.where(future, tf.fill([time, time], -1e30), scores));
  return tf.transpose(tf.matMul(weights, headsFirst(v)), [0, 2, 1, 3]);
}

/** Written out: the operator set of its models that every version reads has no attention. */
function onnxAttention(shape: readonly number[]): OnnxCase {
  const [, time, , headDim] = shape;
  const future = Float32Array.from({ length: time * time }, (_, i) => (i % time > Math.floor(i / time) ? -1e30 : 0));
  const transpose = (name: string, perm: readonly number[]) => ({
    operator: 'Transpose',
    inputs: [name],
    output: `${name} by head`,
    attributes: { perm },
  });
  return {
    constants: { scale: { shape: [1], data: Float32Array.of(1 / Math.sqrt(headDim)) }, future: { shape: [time, time], data: future } },
    nodes: [
      transpose('q', [0, 2, 1, 3]),
      transpose('k', [0, 2, 3, 1]),
      transpose('v', [0, 2, 1, 3]),
      { operator: 'MatMul', inputs: ['q by head', 'k by head'], output: 'products' },
      { operator: 'Mul', inputs: ['products', 'scale'], output: 'scaled' },
      { operator: 'Add', inputs: ['scaled', 'future'], output: 'masked' },
      { operator: 'Softmax', inputs: ['masked'], output: 'weights', attributes: { axis: 3 } },
      { operator: 'MatMul', inputs: ['weights', 'v by head'], output: 'mixed' },
      { operator: 'Transpose', inputs: ['mixed'], output: 'y', attributes: { perm: [0, 2, 1, 3] } },
    ],
    shape,
  };
}

interface Sizes {
  readonly batch: number;
  readonly time: number;
  readonly headDim: number;
}

function attentionCase({ batch, time, headDim }: Sizes, withBackward: boolean): Case {
  const width = HEADS * headDim;
  const shape = [batch, time, HEADS, headDim];
  const sizes = { batch, time, heads: HEADS, headDim };
  return {
    name: withBackward ? 'attention forward + backward' : 'attention forward',
    shape: `B${batch} H${HEADS} T${time} D${headDim}`,
    inputs: () => ({
      q: noise(1, shape),
      k: noise(2, shape),
      v: noise(3, shape),
      ...(withBackward ? { dy: noise(4, shape) } : {}),
    }),
    reference: (inputs) => {
      const qkv = interleaved(inputs, width);
      const [packed, given] = [packedAttention(sizes), { q: qkv, k: qkv, v: qkv }];
      const { y } = attentionReference(packed, given);
      if (!withBackward) return [y];
      return [y, ...separated(attentionBackwardReference(packed, given, inputs.dy.data).dqkv, width)];
    },
    tolerance: withBackward ? 1e-4 : 1e-5,
    // Models make q, k and v in one product, side by side.
    pack: (inputs) => ({
      qkv: { shape: [batch, time, 3 * width], data: interleaved(inputs, width) },
      ...(withBackward ? { dy: { shape: [batch, time, width], data: inputs.dy.data } } : {}),
    }),
    ours: ({ qkv, dy }) => {
      if (!withBackward) return [causalAttention(qkv, { heads: HEADS })];
      const { x, gradient } = watched(qkv);
      const y = causalAttention(x, { heads: HEADS });
      backward(y, dy);
      return [y.detach(), gradient()];
    },
    arrange: ([y, dqkv]) => (withBackward ? [y, ...separated(dqkv, width)] : [y]),
    torch: withBackward ? 'attentionGradient' : 'attention',
    ...(withBackward
      ? {}
      : { onnx: { ...onnxAttention(shape), onProcessor: onnxFusedAttention({ ...sizes, queries: time, causal: true }) } }),
    jax: withBackward
      ? (jax, q, k, v, dy) => {
          const loss = (a: JaxArray, b: JaxArray, c: JaxArray): [JaxArray, JaxArray] => {
            const y = jaxAttention(jax, a, b, c);
            return [jax.numpy.sum(y.ref.mul(dy.ref)), y];
          };
          const [[, y], gradients] = jax.valueAndGrad(loss, { argnums: [0, 1, 2], hasAux: true })(q, k, v);
          return [y, ...gradients] as JaxArray[];
        }
      : (jax, q, k, v) => [jaxAttention(jax, q, k, v)],
    tfjs: withBackward
      ? (tf, q, k, v, dy) => {
          let y: TfjsTensor | undefined;
          const gradients = tf.grads((a: TfjsTensor, b: TfjsTensor, c: TfjsTensor) => (y = tf.keep(tfjsAttention(tf, a, b, c))))(
            [q, k, v],
            dy,
          );
          return [y as TfjsTensor, ...gradients];
        }
      : (tf, q, k, v) => [tfjsAttention(tf, q, k, v)],
  };
}

const sizes: readonly Sizes[] = [32, 100].flatMap((time) => [16, 64].map((headDim) => ({ batch: 16, time, headDim })));
/** Seconds a run on a software adapter. */
const long: Sizes = { batch: 4, time: 1024, headDim: 64 };

export const attentionCases: readonly Case[] = [false, true].flatMap((withBackward) => [
  ...sizes.map((one) => attentionCase(one, withBackward)),
  { ...attentionCase(long, withBackward), suits: ({ family }) => family === 'gpu' },
]);
