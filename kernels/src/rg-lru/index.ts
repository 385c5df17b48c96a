import {
  type AdapterTraits,
  type BufferSlot,
  type Kernel,
  linearGrid,
  specialConstants,
  stridedWorkgroup,
  u32,
  valueConstants,
} from '../declaration.js';
import backwardSource from './backward.wgsl';
import forwardSource from './forward.wgsl';

export type RgLruShape = {
  readonly batch: number;
  readonly time: number;
  /** Channels. */
  readonly width: number;
  /** 1 where `h0` is read; otherwise the state starts at zero. */
  readonly initial: number;
};

const slots = (access: BufferSlot['access'], ...names: string[]): BufferSlot[] =>
  names.map((name) => ({ name, access, element: 'f32', as: 'Value' }));
const uniforms = u32('batch', 'time', 'width');
const fours = ({ width }: RgLruShape): boolean => width % 4 === 0;
const constants = (shape: RgLruShape, adapter: AdapterTraits) => ({
  WORKGROUP: stridedWorkgroup(adapter),
  INITIAL: shape.initial === 1,
  ...valueConstants(fours(shape)),
  ...specialConstants(fours(shape)),
});
const grid = (shape: RgLruShape, adapter: AdapterTraits) =>
  linearGrid((shape.batch * shape.width) / (fours(shape) ? 4 : 1), stridedWorkgroup(adapter));
/** Numbers in what both passes read. */
const readLengths = ({ batch, time, width, initial }: RgLruShape) => ({
  ...{ x: batch * time * width, gates: 2 * batch * time * width },
  ...{ lambda: width, h0: initial * batch * width },
});
const sample: RgLruShape = { batch: 16, time: 100, width: 256, initial: 0 };

/**
 * The real-gated linear recurrent unit (De et al., arXiv 2402.19427, §2.4) over inputs `x [batch, time, width]` and,
 * before their sigmoids, `gates [batch, time, 2·width]` = (r, i): log a_t = −8 softplus(Λ) σ(r_t), h_t = a_t h_{t−1} +
 * √(1 − a_t²) σ(i_t) x_t, from `h0 [batch, width]`. `h [batch, time, width]` is overwritten. One step at a time is time
 * 1.
 */
export const rgLruForward: Kernel<RgLruShape> = {
  name: 'rg-lru/forward',
  source: forwardSource,
  buffers: [...slots('read', 'x', 'gates', 'lambda', 'h0'), ...slots('read_write', 'h')],
  uniforms,
  lengths: (shape) => ({ ...readLengths(shape), h: shape.batch * shape.time * shape.width }),
  constants,
  grid,
  cost: ({ batch, time, width, initial }) => ({
    flops: 45 * batch * time * width,
    bytes: 4 * (4 * batch * time * width + width + initial * batch * width),
  }),
  sample,
};

/**
 * Its gradients from `dh [batch, time, width]`, overwriting: `dx` of the same shape, `dgates [batch, time, 2·width]`,
 * and of every row `dlambda [batch, width]` and `dh0 [batch, width]`.
 */
export const rgLruBackward: Kernel<RgLruShape> = {
  name: 'rg-lru/backward',
  source: backwardSource,
  buffers: [...slots('read', 'x', 'gates', 'lambda', 'h0', 'h', 'dh'), ...slots('read_write', 'dx', 'dgates', 'dlambda', 'dh0')],
  uniforms,
  lengths: (shape) => {
    const [states, rows] = [shape.batch * shape.time * shape.width, shape.batch * shape.width];
    return { ...readLengths(shape), h: states, dh: states, dx: states, dgates: 2 * states, dlambda: rows, dh0: rows };
  },
  constants,
  grid,
  cost: ({ batch, time, width, initial }) => ({
    flops: 65 * batch * time * width,
    bytes: 4 * (8 * batch * time * width + width + (2 + initial) * batch * width),
  }),
  sample,
};
