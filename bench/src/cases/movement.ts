/** Permutations, places, reductions and sorts. */
import { FOLD, FOLD_SECOND, type FoldShape, foldReference, ORDER, sortReference } from '@coxswain/kernels';
import { argmax, max, permute, scatterAdd, sort, takeAlongAxis, topK, variance } from '@coxswain/tensor';
import { type Case, type Inputs, noise } from '../case.js';
import type { OnnxCase } from '../peers/onnx.js';

const ROWS = 5632;

function permuteCase(name: string, shape: readonly number[], order: readonly number[]): Case {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  return {
    name,
    shape: `${shape.join('×')} to ${order.join(' ')}`,
    inputs: () => ({ x: noise(1, shape) }),
    reference: ({ x }) => {
      const sizes = order.map((axis) => shape[axis]);
      const out = new Float64Array(x.data.length);
      for (let i = 0; i < out.length; i++) {
        let [rest, at] = [i, 0];
        for (let axis = sizes.length - 1; axis >= 0; axis--) {
          at += (rest % sizes[axis]) * strides[order[axis]];
          rest = Math.floor(rest / sizes[axis]);
        }
        out[i] = x.data[at];
      }
      return [out];
    },
    tolerance: 0,
    ours: ({ x }) => [permute(x, order)],
    // Times one: it would give back a view.
    jax: ({ numpy: np }, x) => [np.transpose(x, [...order]).mul(1)],
    tfjs: (tf, x) => [tf.transpose(x, [...order])],
    onnx: {
      nodes: [{ operator: 'Transpose', inputs: ['x'], output: 'y', attributes: { perm: order } }],
      shape: order.map((axis) => shape[axis]),
    },
  };
}

/** Our places are u32, those of peers int32. */
const unsigned = (inputs: Inputs): Inputs => ({ ...inputs, index: { ...inputs.index, data: Uint32Array.from(inputs.index.data) } });

function takeCase(width: number, taken: number): Case {
  const index = Int32Array.from({ length: ROWS * taken }, (_, i) => (i * 7919) % width);
  return {
    name: 'take along axis',
    shape: `${taken} of ${ROWS}×${width}`,
    inputs: () => ({ x: noise(1, [ROWS, width]), index: { shape: [ROWS, taken], data: index } }),
    reference: ({ x }) => [Float64Array.from(index, (place, i) => x.data[Math.floor(i / taken) * width + place])],
    tolerance: 0,
    pack: unsigned,
    ours: ({ x, index: places }) => [takeAlongAxis(x, places, 1)],
    jax: ({ numpy: np }, x, places) => [np.takeAlongAxis(x, places, 1)],
    onnx: {
      nodes: [{ operator: 'GatherElements', inputs: ['x', 'index'], output: 'y', attributes: { axis: 1 } }],
      shape: [ROWS, taken],
    },
  };
}

function scatterAddCase(width: number, into: number): Case {
  const index = Int32Array.from({ length: ROWS }, (_, i) => (i * i) % into);
  return {
    name: 'scatter-add of rows',
    shape: `${ROWS}×${width} into ${into}`,
    inputs: () => ({ rows: noise(1, [ROWS, width]), index: { shape: [ROWS], data: index }, x: noise(2, [into, width]) }),
    reference: ({ rows, x }) => {
      const out = Float64Array.from(x.data);
      index.forEach((row, i) => {
        for (let c = 0; c < width; c++) out[row * width + c] += rows.data[i * width + c];
      });
      return [out];
    },
    tolerance: 1e-5,
    pack: unsigned,
    ours: ({ rows, index: places, x }) => [scatterAdd(x, places, rows)],
    onnx: {
      // Not ScatterND: its threads lose sums of rows that are named twice (1.30).
      pack: ({ rows, x }) => {
        const data = Int32Array.from({ length: ROWS * width }, (_, i) => index[Math.floor(i / width)]);
        return { rows, x, index: { shape: [ROWS, width], data } };
      },
      nodes: [{ operator: 'ScatterElements', inputs: ['x', 'index', 'rows'], output: 'y', attributes: { axis: 0, reduction: 'add' } }],
      shape: [into, width],
    },
  };
}

function foldCase(
  name: string,
  operation: number,
  shape: readonly [number, number],
  rest: Pick<Case, 'ours' | 'jax' | 'tfjs' | 'onnx' | 'torch'>,
  places = false,
): Case {
  const [outer, axis] = shape;
  const fields: FoldShape = {
    ...{ operation, second: FOLD_SECOND.index, order: ORDER.f32, outer, axis, inner: 1, parts: 1, fromStates: 0, toStates: 0 },
    scale: 1 / (axis - 1),
  };
  return {
    name,
    shape: shape.join('×'),
    inputs: () => ({ x: noise(1, shape) }),
    reference: ({ x }: Inputs) => {
      const { out, second } = foldReference(fields, x.data);
      return [places ? second : out];
    },
    tolerance: places || operation === FOLD.maximum ? 0 : 1e-5,
    ...rest,
  };
}

const maxCase = (shape: readonly [number, number]): Case =>
  foldCase('max of rows', FOLD.maximum, shape, {
    ours: ({ x }) => [max(x, 1)],
    torch: 'max',
    jax: ({ numpy: np }, x) => [np.max(x, 1)],
    tfjs: (tf, x) => [tf.max(x, 1)],
    onnx: { nodes: [{ operator: 'ReduceMax', inputs: ['x'], output: 'y', attributes: { axes: [1], keepdims: 0 } }], shape: [shape[0]] },
  });

const argmaxCase = (shape: readonly [number, number]): Case =>
  foldCase(
    'argmax of rows',
    FOLD.maximum,
    shape,
    {
      ours: ({ x }) => [argmax(x, 1)],
      torch: 'argmax',
      jax: ({ numpy: np }, x) => [np.argmax(x, 1)],
      tfjs: (tf, x) => [tf.argMax(x, 1)],
      onnx: {
        nodes: [{ operator: 'ArgMax', inputs: ['x'], output: 'y', attributes: { axis: 1, keepdims: 0 } }],
        shape: [shape[0]],
        type: 'int64',
      },
    },
    true,
  );

const varianceCase = (shape: readonly [number, number]): Case =>
  foldCase('variance of rows', FOLD.variance, shape, {
    ours: ({ x }) => [variance(x, 1)],
    torch: 'variance',
    jax: ({ numpy: np }, x) => [np.var_(x, 1, { correction: 1 })],
    tfjs: (tf, x) => [tf.mul(tf.moments(x, 1).variance, shape[1] / (shape[1] - 1))],
    onnx: {
      constants: { scale: { shape: [1], data: Float32Array.of(1 / (shape[1] - 1)) } },
      nodes: [
        { operator: 'ReduceMean', inputs: ['x'], output: 'mean', attributes: { axes: [1], keepdims: 1 } },
        { operator: 'Sub', inputs: ['x', 'mean'], output: 'off' },
        { operator: 'ReduceSumSquare', inputs: ['off'], output: 'squares', attributes: { axes: [1], keepdims: 0 } },
        { operator: 'Mul', inputs: ['squares', 'scale'], output: 'y' },
      ],
      shape: [shape[0]],
    },
  });

/** The `keep` least or greatest of each row, in order; all of them is a sort. */
const onnxTop = (rows: number, keep: number, largest: boolean): OnnxCase => ({
  constants: { k: { shape: [1], data: BigInt64Array.of(BigInt(keep)) } },
  nodes: [{ operator: 'TopK', inputs: ['x', 'k'], output: ['y', 'places'], attributes: { axis: 1, largest: Number(largest), sorted: 1 } }],
  shape: [rows, keep],
});

function sortCase(rows: number, length: number): Case {
  return {
    name: 'sort of rows',
    shape: `${rows}×${length}`,
    inputs: () => ({ x: noise(1, [rows, length]) }),
    reference: ({ x }) => [sortedRows(x.data, rows, length, length)],
    tolerance: 0,
    ours: ({ x }) => [sort(x).values],
    torch: 'sort',
    jax: ({ numpy: np }, x) => [np.sort(x, 1)],
    onnx: onnxTop(rows, length, false),
  };
}

function sortedRows(data: ArrayLike<number>, rows: number, length: number, keep: number, descending = false): Float64Array {
  const out = new Float64Array(rows * keep);
  for (let row = 0; row < rows; row++) {
    const line = Array.from({ length }, (_, i) => data[row * length + i]);
    sortReference(line, descending)
      .slice(0, keep)
      .forEach((place, i) => {
        out[row * keep + i] = line[place];
      });
  }
  return out;
}

function topCase(rows: number, length: number): Case {
  const keep = 8;
  return {
    name: `top ${keep} of rows`,
    shape: `${rows}×${length}`,
    inputs: () => ({ x: noise(1, [rows, length]) }),
    reference: ({ x }) => [sortedRows(x.data, rows, length, keep, true)],
    tolerance: 0,
    ours: ({ x }) => [topK(x, keep).values],
    torch: 'topEight',
    jax: ({ lax }, x) => {
      const [values, indices] = lax.topK(x, keep);
      indices.dispose();
      return [values];
    },
    tfjs: (tf, x) => [tf.topk(x, keep).values],
    onnx: onnxTop(rows, keep, true),
  };
}

export const movementCases: readonly Case[] = [
  permuteCase('transpose', [2048, 1024], [1, 0]),
  permuteCase('permute', [64, 88, 4, 64], [0, 2, 1, 3]),
  takeCase(256, 1),
  takeCase(256, 16),
  scatterAddCase(64, 310),
  maxCase([ROWS, 256]),
  maxCase([4, 1_000_000]),
  argmaxCase([ROWS, 256]),
  varianceCase([ROWS, 256]),
  sortCase(ROWS, 64),
  sortCase(4, 65_536),
  topCase(64, 32_768),
];
