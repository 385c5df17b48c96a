import type { ScanShape } from './index.js';

type Numbers = ArrayLike<number>;
type Axis = Pick<ScanShape, 'outer' | 'time' | 'width'>;

/** A scan of single numbers in float64. */
export function scanReference(
  { outer, time, width, reverse }: Axis & Pick<ScanShape, 'reverse'>,
  x: Numbers,
  combine: (left: number, right: number) => number,
): Float64Array {
  const out = new Float64Array(outer * time * width);
  for (let i = 0; i < outer * width; i++) {
    const place = (step: number): number => (Math.floor(i / width) * time + (reverse ? time - 1 - step : step)) * width + (i % width);
    for (let step = 0; step < time; step++) out[place(step)] = step ? combine(out[place(step - 1)], x[place(step)]) : x[place(0)];
  }
  return out;
}

/** h_t = a_t h_{t−1} + b_t and the gradients of Σ dh·h in float64; h starts at zero without `h0`. */
export function linearRecurrenceReference(
  { outer, time, width }: Axis,
  { a, b, h0, dh }: { a: Numbers; b: Numbers; h0?: Numbers; dh: Numbers },
) {
  const [h, da, db] = [0, 1, 2].map(() => new Float64Array(outer * time * width));
  const dh0 = new Float64Array(outer * width);
  for (let i = 0; i < outer * width; i++) {
    const place = (t: number): number => (Math.floor(i / width) * time + t) * width + (i % width);
    const before = (t: number): number => (t ? h[place(t - 1)] : (h0?.[i] ?? 0));
    for (let t = 0; t < time; t++) h[place(t)] = a[place(t)] * before(t) + b[place(t)];
    let carried = 0;
    for (let t = time - 1; t >= 0; t--) {
      db[place(t)] = carried + dh[place(t)];
      da[place(t)] = db[place(t)] * before(t);
      carried = a[place(t)] * db[place(t)];
    }
    dh0[i] = carried;
  }
  return { h, da, db, dh0 };
}
