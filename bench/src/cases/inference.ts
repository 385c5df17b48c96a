/**
 * Forward alone, as inference asks for it: what ONNX Runtime can be held against besides products, attention and
 * images.
 */
import {
  functionRow,
  gruForwardReference,
  layerNormReference,
  matmulReference,
  PLAIN_PRODUCT,
  scanReference,
  softmaxReference,
} from '@coxswain/kernels';
import { cumsum, gatherRows, gelu, gru, layerNorm, linear, softmax, sum } from '@coxswain/tensor';
import { type Case, noise } from '../case.js';
import { MICROSOFT, type OnnxTensor } from '../peers/onnx-model.js';
import { BATCH, GATES, gruInputs, HIDDEN, INPUTS } from './gru.js';

const ROWS = 5632;
const WIDTH = 256;
const EPS = 1e-5;

const rows: Pick<Case, 'shape' | 'inputs' | 'tolerance'> = {
  shape: `${ROWS}×${WIDTH}`,
  inputs: () => ({ x: noise(1, [ROWS, WIDTH], 3) }),
  tolerance: 1e-5,
};

function layerNormCase(width: number): Case {
  return {
    name: 'layer norm forward',
    shape: `${ROWS}×${width}`,
    inputs: () => ({ x: noise(1, [ROWS, width]), gamma: noise(2, [width]), beta: noise(3, [width]) }),
    reference: ({ x, gamma, beta }) => [layerNormReference(x.data, width, EPS, gamma.data, beta.data).y],
    tolerance: 1e-5,
    torch: 'layerNorm',
    ours: ({ x, gamma, beta }) => [layerNorm(x, { gamma, beta, eps: EPS })],
    jax: ({ nn }, x, gamma, beta) => [nn.standardize(x, -1, { epsilon: EPS }).mul(gamma).add(beta)],
    tfjs: (tf, x, gamma, beta) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return [tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPS))), gamma), beta)];
    },
    onnx: {
      weights: ['gamma', 'beta'],
      nodes: [
        {
          operator: 'LayerNormalization',
          inputs: ['x', 'gamma', 'beta'],
          output: 'y',
          attributes: { axis: 1, epsilon: { float: EPS } },
        },
      ],
      shape: [ROWS, width],
    },
  };
}

const softmaxCase: Case = {
  ...rows,
  name: 'softmax of rows',
  reference: ({ x }) => [softmaxReference({ rows: ROWS, classes: WIDTH }, x.data)],
  torch: 'softmax',
  ours: ({ x }) => [softmax(x)],
  jax: ({ nn }, x) => [nn.softmax(x, -1)],
  tfjs: (tf, x) => [tf.softmax(x)],
  onnx: { nodes: [{ operator: 'Softmax', inputs: ['x'], output: 'y', attributes: { axis: 1 } }], shape: [ROWS, WIDTH] },
};

const geluCase: Case = {
  ...rows,
  name: 'gelu',
  reference: ({ x }) => [Float64Array.from(x.data, (value) => functionRow('gelu').f(value, 0, 0))],
  torch: 'gelu',
  ours: ({ x }) => [gelu(x)],
  jax: ({ nn }, x) => [nn.gelu(x, { approximate: false })],
  tfjs: (tf, x) => [tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))],
  onnx: { nodes: [{ operator: 'Gelu', inputs: ['x'], output: 'y', domain: MICROSOFT }], shape: [ROWS, WIDTH] },
};

const sumCase: Case = {
  ...rows,
  name: 'sum of rows',
  reference: ({ x: { data } }) => {
    const out = new Float64Array(ROWS);
    for (let i = 0; i < data.length; i++) out[Math.floor(i / WIDTH)] += data[i];
    return [out];
  },
  torch: 'sum',
  ours: ({ x }) => [sum(x, 1)],
  jax: ({ numpy: np }, x) => [np.sum(x, 1)],
  tfjs: (tf, x) => [tf.sum(x, 1)],
  onnx: {
    constants: { axes: { shape: [1], data: BigInt64Array.of(1n) } },
    nodes: [{ operator: 'ReduceSum', inputs: ['x', 'axes'], output: 'y', attributes: { keepdims: 0 } }],
    shape: [ROWS],
  },
};

const cumsumCase: Case = {
  ...rows,
  name: 'running sums of rows',
  reference: ({ x }) => [scanReference({ outer: ROWS, time: WIDTH, width: 1, reverse: 0 }, x.data, (a, b) => a + b)],
  torch: 'cumsum',
  ours: ({ x }) => [cumsum(x, 1)],
  jax: ({ numpy: np }, x) => [np.cumsum(x, 1)],
  tfjs: (tf, x) => [tf.cumsum(x, 1)],
  onnx: {
    constants: { axis: { shape: [], data: Int32Array.of(1) } },
    nodes: [{ operator: 'CumSum', inputs: ['x', 'axis'], output: 'y' }],
    shape: [ROWS, WIDTH],
  },
};

function gatherCase(vocabulary: number, width: number): Case {
  const index = Int32Array.from({ length: ROWS }, (_, i) => (i * 7919) % vocabulary);
  return {
    name: 'rows of a table',
    shape: `${ROWS} of ${vocabulary}×${width}`,
    inputs: () => ({ table: noise(1, [vocabulary, width]), index: { shape: [ROWS], data: index } }),
    reference: ({ table: { data } }) => [
      Float64Array.from({ length: ROWS * width }, (_, i) => data[index[Math.floor(i / width)] * width + (i % width)]),
    ],
    tolerance: 0,
    torch: 'rowsOf',
    pack: ({ table }) => ({ table, index: { shape: [ROWS], data: Uint32Array.from(index) } }),
    ours: ({ table, index: places }) => [gatherRows(table, places)],
    jax: ({ numpy: np }, table, places) => [np.take(table, places, 0)],
    tfjs: (tf, table, places) => [tf.gather(table, places as never, 0)],
    onnx: {
      weights: ['table'],
      nodes: [{ operator: 'Gather', inputs: ['table', 'index'], output: 'y', attributes: { axis: 0 } }],
      shape: [ROWS, width],
    },
  };
}

/** [outer, inner, width] as [inner, outer, width]. */
const swapped = (data: ArrayLike<number>, inner: number, width: number): Float32Array => {
  const outer = data.length / inner / width;
  return Float32Array.from({ length: data.length }, (_, i) => {
    const [row, at] = [Math.floor(i / width), i % width];
    return data[((row % outer) * inner + Math.floor(row / outer)) * width + at];
  });
};
/** Blocks of gates r, z, n as ONNX has them: z, r, n. */
const reordered = (data: ArrayLike<number>): number[] => {
  const all = Array.from(data);
  const block = all.length / 3;
  return [...all.slice(block, 2 * block), ...all.slice(0, block), ...all.slice(2 * block)];
};

function gruCase(time: number): Case {
  const shape = { batch: BATCH, time, hidden: HIDDEN, withLengths: 0, reverse: 0, rows: 0, initial: 0, save: 1 } as const;
  const product = { ...PLAIN_PRODUCT, m: BATCH * time, n: GATES, k: INPUTS, transposeB: 1 };
  return {
    name: 'GRU forward',
    shape: `B${BATCH} T${time} ${INPUTS}→${HIDDEN}`,
    inputs: () => gruInputs(time),
    reference: ({ x, wih, whh, bih, bhh }) => {
      const gates = matmulReference(product, x.data, wih.data).map((value, i) => value + bih.data[i % GATES]);
      return [gruForwardReference(shape, { gates, whh: whh.data, bhh: bhh.data, h0: [], lengths: [] }).out];
    },
    tolerance: 1e-5,
    torch: 'gru',
    ours: ({ x, wih, whh, bih, bhh }) => {
      const gates = linear(x.reshape([BATCH * time, INPUTS]), wih, { bias: bih });
      return [gru(gates.reshape([BATCH, time, GATES]), whh, bhh)];
    },
    onnx: {
      pack: ({ x, wih, whh, bih, bhh }): Record<string, OnnxTensor> => ({
        x: { shape: [time, BATCH, INPUTS], data: swapped(x.data, time, INPUTS) },
        w: { shape: [1, GATES, INPUTS], data: Float32Array.from(reordered(wih.data)) },
        r: { shape: [1, GATES, HIDDEN], data: Float32Array.from(reordered(whh.data)) },
        b: { shape: [1, 2 * GATES], data: Float32Array.from([...reordered(bih.data), ...reordered(bhh.data)]) },
      }),
      weights: ['w', 'r', 'b'],
      nodes: [{ operator: 'GRU', inputs: ['x', 'w', 'r', 'b'], output: 'y', attributes: { hidden_size: HIDDEN, linear_before_reset: 1 } }],
      shape: [time, 1, BATCH, HIDDEN],
      arrange: (y) => swapped(y, BATCH, HIDDEN),
    },
  };
}

export const inferenceCases: readonly Case[] = [
  layerNormCase(64),
  layerNormCase(256),
  softmaxCase,
  geluCase,
  sumCase,
  cumsumCase,
  gatherCase(310, 64),
  gruCase(32),
  gruCase(100),
];
