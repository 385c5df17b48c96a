import type { GruForwardShape, GruShape } from './index.js';

type Numbers = ArrayLike<number>;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Row of a sequence's step. */
const rowAt = ({ batch, time, rows }: GruShape, lengths: Numbers, b: number, t: number): number =>
  rows > 0 ? lengths[batch + t] + b : b * time + t;
const rowsIn = ({ batch, time, rows }: GruShape): number => rows || batch * time;
const steps = ({ time, reverse }: GruShape): number[] => Array.from({ length: time }, (_, i) => (reverse ? time - 1 - i : i));

/** The recurrence of `gruForward` in float64; `previous` and `saved` are zero over padding, except the held state. */
export function gruForwardReference(
  shape: GruForwardShape,
  { gates, whh, bhh, h0, lengths }: Record<'gates' | 'whh' | 'bhh' | 'h0' | 'lengths', Numbers>,
): Record<'out' | 'previous' | 'saved', Float64Array> {
  const { batch, hidden: H } = shape;
  const out = new Float64Array(rowsIn(shape) * H);
  const previous = new Float64Array(out.length);
  const saved = new Float64Array(4 * out.length);
  for (let b = 0; b < batch; b++) {
    let h = Float64Array.from({ length: H }, (_, k) => (shape.initial ? h0[b * H + k] : 0));
    for (const t of steps(shape)) {
      if (shape.rows > 0 && t >= lengths[b]) continue;
      const at = rowAt(shape, lengths, b, t);
      previous.set(h, at * H);
      if (!shape.withLengths || t < lengths[b]) {
        const recurrent = Float64Array.from({ length: 3 * H }, (_, j) => bhh[j] + h.reduce((sum, hk, k) => sum + whh[j * H + k] * hk, 0));
        const before = h;
        h = Float64Array.from(before, (hj, j) => {
          const r = sigmoid(gates[at * 3 * H + j] + recurrent[j]);
          const z = sigmoid(gates[at * 3 * H + H + j] + recurrent[H + j]);
          const n = Math.tanh(gates[at * 3 * H + 2 * H + j] + r * recurrent[2 * H + j]);
          [r, z, n, recurrent[2 * H + j]].forEach((value, part) => {
            saved[at * 4 * H + part * H + j] = value;
          });
          return (1 - z) * n + z * hj;
        });
      }
      out.set(h, at * H);
    }
  }
  return { out, previous, saved };
}

/** The gradient of `gruForward` in float64, from what its reference gives. */
export function gruBackwardReference(
  shape: GruShape,
  { dy, whh, previous, saved, lengths }: Record<'dy' | 'whh' | 'previous' | 'saved' | 'lengths', Numbers>,
): Record<'dgates' | 'dgatesHidden' | 'dh0', Float64Array> {
  const { batch, hidden: H } = shape;
  const dgates = new Float64Array(rowsIn(shape) * 3 * H);
  const dgatesHidden = new Float64Array(dgates.length);
  const dh0 = new Float64Array(batch * H);
  for (let b = 0; b < batch; b++) {
    let dh = new Float64Array(H);
    for (const t of steps(shape).reverse()) {
      if (shape.rows > 0 && t >= lengths[b]) continue;
      const at = rowAt(shape, lengths, b, t);
      dh = dh.map((value, k) => value + dy[at * H + k]);
      if (shape.withLengths && t >= lengths[b]) continue;
      const before = new Float64Array(H);
      for (let j = 0; j < H; j++) {
        const [r, z, n, s] = [0, 1, 2, 3].map((part) => saved[at * 4 * H + part * H + j]);
        const dan = dh[j] * (1 - z) * (1 - n * n);
        const dar = dan * s * r * (1 - r);
        const daz = dh[j] * (previous[at * H + j] - n) * z * (1 - z);
        [dar, daz, dan].forEach((value, part) => {
          dgates[at * 3 * H + part * H + j] = value;
        });
        [dar, daz, dan * r].forEach((value, part) => {
          dgatesHidden[at * 3 * H + part * H + j] = value;
          for (let k = 0; k < H; k++) before[k] += value * whh[(part * H + j) * H + k];
        });
        before[j] += dh[j] * z;
      }
      dh = before;
    }
    dh0.set(dh, b * H);
  }
  return { dgates, dgatesHidden, dh0 };
}
