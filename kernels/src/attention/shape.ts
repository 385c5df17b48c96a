/** What all kernels of attention share: sizes, slots, costs. */

/** Sizes of causal attention over whole sequences. */
export type AttentionShape = {
  /** Sequences. */
  readonly batch: number;
  /** Steps of each. */
  readonly time: number;
  readonly heads: number;
  /** Elements per head, a multiple of 4. */
  readonly headDim: number;
  /** Rows of the bias table; 0: no bias, its slots and `bucketOfDistance` hold dummies. */
  readonly buckets: number;
  /** 1: `lengths` is given; 0: every sequence is `time` long and the slot holds a dummy. */
  readonly lengths: number;
  /** Steps that a query sees, its own included: keys at this distance and beyond are left out. 0: all. */
  readonly window: number;
};
/** Whether a sequence has ended is in lse. */
export type AttentionBackwardShape = Pick<AttentionShape, 'batch' | 'time' | 'heads' | 'headDim' | 'buckets' | 'window'>;
export type AttentionBiasShape = Pick<AttentionShape, 'batch' | 'time' | 'heads' | 'buckets'>;
export function headConstants(headDim: number) {
  if (headDim % 4 !== 0 || headDim <= 0) throw new RangeError(`attention: the head dimension must be a multiple of 4, got ${headDim}`);
  return { VECTORS: headDim / 4, SCALE: { f32: Math.fround(1 / Math.sqrt(headDim)) } };
}

export const sample = { batch: 256, time: 24, heads: 4, headDim: 16, buckets: 32, lengths: 1, window: 0 };

type Seen = Pick<AttentionShape, 'time' | 'window'>;

/** Whether there are keys beyond the window. Where there are none, kernels are compiled as if there were no windows. */
export const windowed = ({ time, window }: Seen): boolean => window > 0 && window < time;

/** Steps that the last query sees. */
export const reach = (shape: Seen): number => (windowed(shape) ? shape.window : shape.time);

/** Pairs of a query and a key that it may attend to. */
export const pairs = (shape: Pick<AttentionShape, 'batch' | 'heads'> & Seen): number => {
  const seen = reach(shape);
  return shape.batch * shape.heads * ((seen * (seen + 1)) / 2 + (shape.time - seen) * seen);
};
