/** Attention with queries, keys and values apart, and the rotary embedding of their positions. */
import { attentionReference, ropeReference, separateAttention } from '@coxswain/kernels';
import { attention, rope } from '@coxswain/tensor';
import { type Case, noise } from '../case.js';
import type { Jax, JaxArray } from '../peers/jax.js';
import type { OnnxCase } from '../peers/onnx.js';
import { onnxFusedAttention } from '../peers/onnx-attention.js';
import type { Tfjs, TfjsTensor } from '../peers/tfjs.js';

interface Sizes {
  readonly name: string;
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly causal: boolean;
}

/** Heads that share keys stand along an axis of their own: [batch, kvHeads, sharers · queries, headDim]. */
function jaxAttention(
  { nn, numpy: np }: Jax,
  { batch, queries, keys, heads, kvHeads, headDim, causal }: Sizes,
  ...[q, k, v]: JaxArray[]
): JaxArray {
  const sharers = heads / kvHeads;
  const rows = np.transpose(q.reshape([batch, queries, kvHeads, sharers, headDim]), [0, 2, 3, 1, 4]);
  const products = np.matmul(rows.reshape([batch, kvHeads, sharers * queries, headDim]), np.transpose(k, [0, 2, 3, 1]));
  const scores = products.mul(1 / Math.sqrt(headDim)).reshape([batch, kvHeads, sharers, queries, keys]);
  const seen = causal ? np.where(np.tri(queries, keys, 0, { dtype: np.bool }), scores, -1e30) : scores;
  const weights = nn.softmax(seen, -1).reshape([batch, kvHeads, sharers * queries, keys]);
  const y = np.matmul(weights, np.transpose(v, [0, 2, 1, 3])).reshape([batch, kvHeads, sharers, queries, headDim]);
  return np.transpose(y, [0, 3, 1, 2, 4]).reshape([batch, queries, heads, headDim]);
}

function tfjsAttention(tf: Tfjs, { batch, queries, keys, heads, kvHeads, headDim, causal }: Sizes, ...[q, k, v]: TfjsTensor[]): TfjsTensor {
  const sharers = heads / kvHeads;
  const rows = tf.transpose(tf.reshape(q, [batch, queries, kvHeads, sharers, headDim]), [0, 2, 3, 1, 4]);
  const headsFirst = (x: TfjsTensor): TfjsTensor => tf.transpose(x, [0, 2, 1, 3]);
  const products = tf.matMul(tf.reshape(rows, [batch, kvHeads, sharers * queries, headDim]), headsFirst(k), false, true);
  let scores = tf.reshape(tf.mul(products, 1 / Math.sqrt(headDim)), [batch * kvHeads * sharers, queries, keys]);
  if (causal) {
    const steps = (count: number, shape: [number, number]): TfjsTensor => tf.reshape(tf.range(0, count, 1, 'int32'), shape);
    scores = tf.where(tf.less(steps(queries, [queries, 1]), steps(keys, [1, keys])), tf.fill([queries, keys], -1e30), scores);
  }
  const weights = tf.reshape(tf.softmax(scores), [batch, kvHeads, sharers * queries, keys]);
  const y = tf.reshape(tf.matMul(weights, headsFirst(v)), [batch, kvHeads, sharers, queries, headDim]);
  return tf.reshape(tf.transpose(y, [0, 3, 1, 2, 4]), [batch, queries, heads, headDim]);
}

/** Heads that share keys take part as one head with so many more queries. */
function onnxAttention({ batch, queries, keys, heads, kvHeads, headDim, causal }: Sizes): OnnxCase {
  const sharers = heads / kvHeads;
  const rows = sharers * queries;
  const future = Float32Array.from({ length: rows * keys }, (_, i) => (causal && i % keys > Math.floor(i / keys) % queries ? -1e30 : 0));
  const shape = (name: string, ...sizes: number[]) => [name, { shape: [sizes.length], data: BigInt64Array.from(sizes, BigInt) }] as const;
  const transpose = (input: string, output: string, perm: readonly number[]) => ({
    ...{ operator: 'Transpose', inputs: [input], output, attributes: { perm } },
  });
  const apart = [batch, kvHeads, sharers, queries, headDim];
  return {
    constants: {
      scale: { shape: [1], data: Float32Array.of(1 / Math.sqrt(headDim)) },
      future: { shape: [rows, keys], data: future },
      ...Object.fromEntries([shape('apart', batch, queries, kvHeads, sharers, headDim), shape('joined', batch, kvHeads, rows, headDim)]),
      ...Object.fromEntries([shape('parted', ...apart), shape('whole', batch, queries, heads, headDim)]),
    },
    nodes: [
      { operator: 'Reshape', inputs: ['q', 'apart'], output: 'q apart' },
      transpose('q apart', 'q by head', [0, 2, 3, 1, 4]),
      { operator: 'Reshape', inputs: ['q by head', 'joined'], output: 'q joined' },
      transpose('k', 'k by head', [0, 2, 3, 1]),
      transpose('v', 'v by head', [0, 2, 1, 3]),
      { operator: 'MatMul', inputs: ['q joined', 'k by head'], output: 'products' },
      { operator: 'Mul', inputs: ['products', 'scale'], output: 'scaled' },
      { operator: 'Add', inputs: ['scaled', 'future'], output: 'masked' },
      { operator: 'Softmax', inputs: ['masked'], output: 'weights', attributes: { axis: 3 } },
      { operator: 'MatMul', inputs: ['weights', 'v by head'], output: 'mixed' },
      { operator: 'Reshape', inputs: ['mixed', 'parted'], output: 'mixed apart' },
      transpose('mixed apart', 'mixed by step', [0, 3, 1, 2, 4]),
      { operator: 'Reshape', inputs: ['mixed by step', 'whole'], output: 'y' },
    ],
    shape: [batch, queries, heads, headDim],
  };
}

function attentionCase(sizes: Sizes): Case {
  const { name, batch, queries, keys, heads, kvHeads, headDim, causal } = sizes;
  return {
    name: `attention ${name}`,
    shape: `B${batch} H${heads}${kvHeads < heads ? `/${kvHeads}` : ''} T${queries}${keys === queries ? '' : `×${keys}`} D${headDim}`,
    inputs: () => ({
      q: noise(1, [batch, queries, heads, headDim]),
      k: noise(2, [batch, keys, kvHeads, headDim]),
      v: noise(3, [batch, keys, kvHeads, headDim]),
    }),
    reference: ({ q, k, v }) => {
      const shape = separateAttention({ batch, queries, keys, heads, kvHeads, headDim, causal: causal ? 1 : 0 });
      return [attentionReference(shape, { q: q.data, k: k.data, v: v.data }).y];
    },
    tolerance: 1e-5,
    ours: ({ q, k, v }) => [attention(q, k, v, { mask: causal ? 'causal' : 'bidirectional' })],
    jax: (jax, q, k, v) => [jaxAttention(jax, sizes, q, k, v)],
    tfjs: (tf, q, k, v) => [tfjsAttention(tf, sizes, q, k, v)],
    onnx: { ...onnxAttention(sizes), ...(heads === kvHeads ? { onProcessor: onnxFusedAttention(sizes) } : {}) },
  };
}

const BASE = 10000;

/** Peers are given the angles; ours are computed from the positions. */
function ropeCase(batch: number, time: number, heads: number, headDim: number): Case {
  const half = headDim / 2;
  const shape = { tokens: batch * time, period: time, allHeads: heads, heads, headDim, interleaved: 0, inverse: 0 };
  const steps = Uint32Array.from({ length: time }, (_, i) => i);
  const angles = Float32Array.from({ length: time * half }, (_, i) => Math.floor(i / half) * BASE ** ((-2 * (i % half)) / headDim));
  return {
    name: 'rope',
    shape: `B${batch} T${time} H${heads} D${headDim}`,
    inputs: () => ({ x: noise(1, [batch, time, heads, headDim]), angles: { shape: [time, 1, half], data: angles } }),
    reference: ({ x }) => [ropeReference(shape, x.data, steps, BASE)],
    tolerance: 1e-5,
    pack: ({ x }) => ({ x, positions: { shape: [time], data: steps } }),
    ours: ({ x, positions }) => [rope(x, positions, { headDim, base: BASE })],
    jax: ({ numpy: np }, x, by) => {
      const [a, b] = np.split(x, 2, -1);
      const [cos, sin] = [np.cos(by.ref), np.sin(by)];
      return [np.concatenate([a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref)), b.mul(cos).add(a.mul(sin))], -1)];
    },
    tfjs: (tf, x, by) => {
      const [a, b] = tf.split(x, 2, 3);
      const [cos, sin] = [tf.cos(by), tf.sin(by)];
      return [tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))], 3)];
    },
    onnx: {
      nodes: [
        { operator: 'Split', inputs: ['x'], output: ['a', 'b'], attributes: { axis: 3 } },
        { operator: 'Cos', inputs: ['angles'], output: 'cos' },
        { operator: 'Sin', inputs: ['angles'], output: 'sin' },
        ...[
          ['a', 'cos'],
          ['b', 'sin'],
          ['b', 'cos'],
          ['a', 'sin'],
        ].map((inputs) => ({ operator: 'Mul', inputs, output: inputs.join(' ') })),
        { operator: 'Sub', inputs: ['a cos', 'b sin'], output: 'left' },
        { operator: 'Add', inputs: ['b cos', 'a sin'], output: 'right' },
        { operator: 'Concat', inputs: ['left', 'right'], output: 'y', attributes: { axis: 3 } },
      ],
      shape: [batch, time, heads, headDim],
    },
  };
}

const usual = { batch: 16, queries: 100, keys: 100, heads: 4, kvHeads: 4, headDim: 16, causal: false };

export const attentionApartCases: readonly Case[] = [
  attentionCase({ ...usual, name: 'grouped', heads: 8, kvHeads: 2, causal: true }),
  attentionCase({ ...usual, name: 'cross', queries: 32 }),
  attentionCase({ ...usual, name: 'bidirectional' }),
  ropeCase(16, 100, 8, 64),
];
