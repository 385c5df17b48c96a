import { f32, type Kernel, read, specialConstants, stridedGrid, stridedWorkgroup, u32, valueConstants, written } from '../declaration.js';
import categoricalSource from './categorical.wgsl';
import drawSource from './draw.wgsl';
import dropoutSource from './dropout.wgsl';

export type DrawShape = {
  /** Numbers to draw. */
  readonly count: number;
  /** Tells apart independent draws made with one key and step. */
  readonly stream: number;
  /** 1: `owner` is given; 0: its slot holds a dummy. */
  readonly owned: number;
  /** Numbers of each owner; 1 where there are none. */
  readonly columns: number;
};

/** Blocks, or rows to sample, that are worth a workgroup of a CPU. */
const PER_GROUP = 64;
/** Ten rounds of two wide multiplications, and the exclusive ors. */
const FLOPS_PER_BLOCK = 300;

function drawKernel(name: string, distribution: number): Kernel<DrawShape> {
  return {
    name: `philox/${name}`,
    source: drawSource,
    buffers: [read('state', 'u32'), read('owner', 'u32'), written('out')],
    lengths: ({ count, owned, columns }) => ({ state: 4, owner: owned * Math.ceil(count / columns), out: count }),
    uniforms: u32('count', 'stream', 'columns'),
    constants: ({ owned }, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter), DISTRIBUTION: distribution, OWNED: owned === 1 }),
    grid: ({ count }, adapter) => stridedGrid(Math.ceil(count / 4), adapter, PER_GROUP),
    cost: ({ count }) => ({ flops: FLOPS_PER_BLOCK * Math.ceil(count / 4), bytes: 4 * count + 16 }),
    sample: { count: 1000, stream: 0, owned: 0, columns: 1 },
  };
}

/**
 * Uniform numbers in the open interval (0, 1), 2⁻²⁴ at least and at most 1 − 2⁻²⁴: `openUniform` of word i mod 4 of
 * `philox4x32([i / 4, stream, step low, step high], key)`, bit for bit. `state` u32 [4] is `philoxState(key, step)`.
 * With owner u32 [rows] the draw is [rows, columns], and its row r is row owner[r] of what is drawn without, so that
 * numbers can belong to something that moves from row to row.
 */
export const philoxUniform = drawKernel('uniform', 0);

/** Standard normal numbers by Box–Muller; at most 5.8 in size. The same words as `philoxUniform`. */
export const philoxNormal = drawKernel('normal', 1);

/**
 * Standard logistic numbers log(u / (1 − u)), the noise of a binary Gumbel-softmax gate. The same words as
 * `philoxUniform`.
 */
export const philoxLogistic = drawKernel('logistic', 2);

/** The random words themselves, as bits in an f32 buffer. */
export const philoxWords = drawKernel('words', 3);

export type DropoutShape = Pick<DrawShape, 'count' | 'stream'> & {
  /** Of an element to become 0. */
  readonly probability: number;
  /** What the others are multiplied by: 1 / (1 − probability). */
  readonly scale: number;
};

/**
 * `out[i] = x[i] · scale` where `philoxUniform`'s element i is above the probability, else 0 (NaN and infinity become
 * NaN, as in PyTorch). On a gradient it is the gradient: equal states and streams give equal masks.
 */
export const dropout: Kernel<DropoutShape> = {
  name: 'philox/dropout',
  source: dropoutSource,
  buffers: [read('state', 'u32'), read('x'), written('out')],
  lengths: ({ count }) => ({ state: 4, x: count, out: count }),
  uniforms: [...u32('count', 'stream'), ...f32('probability', 'scale')],
  constants: (_, adapter) => ({ WORKGROUP: stridedWorkgroup(adapter) }),
  grid: ({ count }, adapter) => stridedGrid(Math.ceil(count / 4), adapter, PER_GROUP),
  cost: ({ count }) => ({ flops: FLOPS_PER_BLOCK * Math.ceil(count / 4), bytes: 8 * count + 16 }),
  sample: { count: 1000, stream: 0, probability: 0.1, scale: 1 / 0.9 },
};

/** The `state` buffer of the kernels: the key, then the step as 64 bits. Equal keys and steps give equal numbers. */
export function philoxState(key: readonly [number, number], step: number): Uint32Array {
  if (!Number.isSafeInteger(step) || step < 0) throw new RangeError(`a random step is a non-negative integer, got ${step}`);
  if (key.some((word) => word !== word >>> 0)) throw new RangeError(`a random key is two words, 0 to 2³² − 1; got ${key}`);
  return Uint32Array.of(key[0], key[1], step >>> 0, Math.floor(step / 4294967296));
}

export type CategoricalShape = {
  readonly rows: number;
  readonly classes: number;
  /** Tells apart independent draws made with one key and step. */
  readonly stream: number;
  /** 1: `owner` is given; 0: its slot holds a dummy. */
  readonly owned: number;
  /** 1: `place` is given; 0: its slot holds a dummy. */
  readonly placed: number;
  /** Entries of `logProb` where it is placed. */
  readonly places: number;
  /** What logits are multiplied by first: 1 / temperature. */
  readonly sharpness: number;
};

/**
 * One class per row drawn from softmax(logits · sharpness), index [rows] as i32, and its log-probability in nats,
 * logProb [rows]: inversion of the cumulative sum at word 0 of the block of counter (row, stream, step), or
 * (owner[row], stream, step) with owner u32 [rows], so that draws can belong to something that moves from row to row. A
 * class whose probability is below 1e-30 of the largest is never drawn. A row with a logit that is NaN or +∞, or with
 * none above −∞, gives class 0 and NaN. With place u32 [rows] the log-probability of row i becomes logProb[place[i]],
 * or is dropped where that is past the end; the others keep what they hold.
 */
export const philoxCategorical: Kernel<CategoricalShape> = {
  name: 'philox/categorical',
  source: categoricalSource,
  buffers: [read('state', 'u32'), read('logits'), read('owner', 'u32'), read('place', 'u32'), written('index', 'i32'), written('logProb')],
  uniforms: [...u32('rows', 'classes', 'stream', 'places'), ...f32('sharpness')],
  constants: ({ owned, placed }, adapter) => ({
    WORKGROUP: stridedWorkgroup(adapter),
    OWNED: owned === 1,
    PLACED: placed === 1,
    ...valueConstants(false),
    ...specialConstants(false),
  }),
  lengths: ({ rows, classes, owned, placed, places }) => ({
    ...{ state: 4, logits: rows * classes, owner: owned * rows, place: placed * rows, index: rows },
    logProb: placed === 1 ? places : rows,
  }),
  grid: ({ rows }, adapter) => stridedGrid(rows, adapter, PER_GROUP),
  cost: ({ rows, classes }) => ({ flops: rows * (FLOPS_PER_BLOCK + 20 * classes), bytes: 4 * rows * (classes + 2) + 16 }),
  sample: { rows: 1000, classes: 4, stream: 0, owned: 1, placed: 0, places: 0, sharpness: 1 },
};
