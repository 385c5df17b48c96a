/**
 * Causal convolution along time, each channel by itself, as in front of the recurrence of Griffin's blocks
 * (https://arxiv.org/abs/2402.19427).
 */
import { type AdapterTraits, type Kernel, linearGrid, read, stridedGrid, u32, valueConstants, written } from '../declaration.js';
import weightSource from './backward-weight.wgsl';
import source from './convolution.wgsl';
import stepSource from './step.wgsl';

export * from './reference.js';

export type CausalConvolutionShape = {
  readonly batch: number;
  readonly time: number;
  /** Channels. */
  readonly width: number;
  /** Steps that a sum reaches over, its own included: 1 … MOST_TAPS. */
  readonly taps: number;
  /** 1: add bias [width]. */
  readonly bias: number;
  /** 1: rows end at lengths [batch], u32. */
  readonly lengths: number;
};

/** Taps, which stay in registers, that a causal convolution may have. */
export const MOST_TAPS = 32;

const values = ({ width }: Pick<CausalConvolutionShape, 'width'>) => valueConstants(width % 4 === 0);
const workgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 64);
/** Steps that an invocation makes: each stretch loads the taps, and the steps before it, anew. */
const steps = ({ family }: AdapterTraits): number => (family === 'software' ? 64 : 16);

const vector = (name: string) => read(name, 'f32', 'Value');
const uniforms = u32('batch', 'time', 'width');
const sample: CausalConvolutionShape = { batch: 32, time: 176, width: 256, taps: 4, bias: 1, lengths: 1 };

const forward: Kernel<CausalConvolutionShape> = {
  name: 'causal-convolution/forward',
  source,
  buffers: [vector('x'), vector('w'), vector('bias'), read('lengths', 'u32'), written('out', 'f32', 'Value')],
  uniforms,
  lengths: ({ batch, time, width, taps, bias, lengths }) => ({
    x: batch * time * width,
    w: taps * width,
    bias: bias * width,
    lengths: lengths * batch,
    out: batch * time * width,
  }),
  constants: (shape, adapter) => ({
    WORKGROUP: workgroup(adapter),
    TAPS: shape.taps,
    STEPS: steps(adapter),
    REVERSED: false,
    BIAS: shape.bias === 1,
    LENGTHS: shape.lengths === 1,
    ...values(shape),
  }),
  grid: ({ batch, time, width }, adapter) =>
    linearGrid(batch * Math.ceil(time / steps(adapter)) * (width / values({ width }).LANES), workgroup(adapter)),
  cost: ({ batch, time, width, taps, bias, lengths }) => ({
    flops: batch * time * width * (2 * taps + bias),
    bytes: 4 * (2 * batch * time * width + (taps + bias) * width + lengths * batch),
  }),
  sample,
};

/**
 * `y[b, t, c] = bias[c] + Σ_j w[j, c] · x[b, t − taps + 1 + j, c]`; x and y [batch, time, width], w [taps, width],
 * zeros before the first step.
 */
export const causalConvolution = forward;

/** The gradient of x from that of y, in place of x: the same sum with time running backwards. No bias. */
export const causalConvolutionBackward: Kernel<CausalConvolutionShape> = {
  ...forward,
  name: 'causal-convolution/backward',
  constants: (shape, adapter) => ({ ...forward.constants(shape, adapter), REVERSED: true, BIAS: false }),
  sample: { ...sample, bias: 0 },
};

export type CausalConvolutionWeightShape = CausalConvolutionShape & {
  /** Parts of the rows, each with sums of its own. */
  readonly parts: number;
};

/** Parts of the rows on this adapter: enough to keep it busy. */
export const causalConvolutionParts = ({ batch }: CausalConvolutionShape, { family }: AdapterTraits): number =>
  Math.max(1, Math.min(batch, family === 'software' ? 8 : 64));

/** Gradients of w and bias in parts: dw [parts, taps, width], dbias [parts, width]. */
export const causalConvolutionWeightBackward: Kernel<CausalConvolutionWeightShape> = {
  name: 'causal-convolution/backward-weight',
  source: weightSource,
  buffers: [vector('x'), vector('dy'), read('lengths', 'u32'), written('dw', 'f32', 'Value'), written('dbias', 'f32', 'Value')],
  uniforms: [...uniforms, ...u32('parts')],
  lengths: ({ batch, time, width, taps, lengths, parts }) => ({
    x: batch * time * width,
    dy: batch * time * width,
    lengths: lengths * batch,
    dw: parts * taps * width,
    dbias: parts * width,
  }),
  constants: (shape, adapter) => ({
    WORKGROUP: workgroup(adapter),
    TAPS: shape.taps,
    LENGTHS: shape.lengths === 1,
    ...values(shape),
  }),
  grid: ({ parts, width }, adapter) => linearGrid((parts * width) / values({ width }).LANES, workgroup(adapter)),
  cost: ({ batch, time, width, taps, parts, lengths }) => ({
    flops: batch * time * width * (2 * taps + 1),
    bytes: 4 * (2 * batch * time * width + parts * (taps + 1) * width + lengths * batch),
  }),
  sample: { ...sample, parts: 8 },
};

export type CausalConvolutionStepShape = Pick<CausalConvolutionShape, 'batch' | 'width' | 'taps' | 'bias'>;

/**
 * One step: out [batch, width] from x [batch, width] and the inputs before it in state [batch, taps − 1, width], which
 * moves on.
 */
export const causalConvolutionStep: Kernel<CausalConvolutionStepShape> = {
  name: 'causal-convolution/step',
  source: stepSource,
  buffers: [vector('x'), vector('w'), vector('bias'), written('state', 'f32', 'Value'), written('out', 'f32', 'Value')],
  uniforms: u32('batch', 'width'),
  lengths: ({ batch, width, taps, bias }) => ({
    x: batch * width,
    w: taps * width,
    bias: bias * width,
    state: batch * (taps - 1) * width,
    out: batch * width,
  }),
  constants: (shape, adapter) => ({ WORKGROUP: workgroup(adapter), TAPS: shape.taps, BIAS: shape.bias === 1, ...values(shape) }),
  grid: ({ batch, width }, adapter) => stridedGrid((batch * width) / values({ width }).LANES, adapter, 64),
  cost: ({ batch, width, taps, bias }) => ({
    flops: batch * width * (2 * taps + bias),
    bytes: 4 * (batch * width * 2 * taps + (taps + bias) * width),
  }),
  sample: { batch: 32, width: 256, taps: 4, bias: 1 },
};
