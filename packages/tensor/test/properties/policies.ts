/** The clipped objective and its statistics. */
import * as ops from '../../src/ops/index.js';
import type { Host } from './host.js';
import { expected, sums } from './loops.js';
import { type Rows, row } from './row.js';

const within = (ratio: number, clip: number): number => Math.min(Math.max(ratio, 1 - clip), 1 + clip);
/** The clip as its uniform holds it. */
const uniform = (clip: number): number => Math.fround(clip);

export const policies: Rows = {
  clippedObjective: row<{ newLogProb: Host; oldLogProb: Host; advantage: Host; clip: number }>({
    tolerance: 4e-6,
    gradients: ['newLogProb'],
    draw: (draw) => {
      const [batch, period] = [draw.size(9), draw.size(5, 1)];
      const shape = draw.bool() ? [batch, period] : [batch * period];
      const like = (): Host => draw.f32(shape, 'special');
      return {
        newLogProb: like(),
        oldLogProb: like(),
        advantage: draw.f32([draw.bool() ? batch : batch * period], 'special'),
        clip: draw.pick([0.25, 0.5]),
      };
    },
    run: ({ newLogProb, oldLogProb, advantage, clip }) => ({ loss: ops.clippedObjective(newLogProb, oldLogProb, advantage, { clip }) }),
    reference: ({ newLogProb, oldLogProb, advantage, clip }) => {
      const period = newLogProb.data.length / advantage.data.length || 1;
      const value = (i: number): number => {
        const ratio = Math.exp(newLogProb.data[i] - oldLogProb.data[i]);
        const gain = advantage.data[Math.floor(i / period)];
        return -Math.min(ratio * gain, within(ratio, uniform(clip)) * gain);
      };
      return { loss: expected(newLogProb.shape, value) };
    },
  }),
  clippedObjectiveStatistics: row<{ newLogProb: Host; oldLogProb: Host; mask: Host; clip: number }>({
    tolerance: 4e-6,
    floor: 1e-6,
    gradients: [],
    draw: (draw) => {
      const shape = draw.shape(1, 2);
      const mask = draw.f32(shape, 'plain');
      // Ratios at the very edge of the clip would be counted by how they round.
      return {
        newLogProb: draw.f32(shape, 'special'),
        oldLogProb: draw.f32(shape, 'special'),
        mask: { ...mask, data: mask.data.map((x) => (x > 0 ? 1 : 0)) },
        clip: 0.3,
      };
    },
    run: ({ newLogProb, oldLogProb, mask, clip }) => ({ out: ops.clippedObjectiveStatistics(newLogProb, oldLogProb, mask, { clip }) }),
    reference: ({ newLogProb, oldLogProb, mask, clip }) => {
      const count = newLogProb.data.length;
      const ratio = (i: number): number => Math.exp(newLogProb.data[i] - oldLogProb.data[i]);
      const over = (of: (i: number) => number) => sums(count, (i) => (mask.data[i] === 0 ? 0 : of(i)));
      const [divergence, size] = over((i) => ratio(i) - 1 - (newLogProb.data[i] - oldLogProb.data[i]));
      const [terms] = over((i) => (Number.isFinite(ratio(i)) ? ratio(i) + 1 : 0));
      const [outside] = over((i) => (Math.abs(ratio(i) - 1) > uniform(clip) ? 1 : 0));
      const weight = mask.data.reduce((sum, x) => sum + x, 0);
      const mean = (x: number): number => (weight > 0 ? x / weight : 0);
      const [values, magnitudes] = [
        [mean(divergence), mean(outside), weight],
        [mean(size + terms), mean(outside), weight],
      ];
      return {
        out: expected(
          [3],
          (i) => values[i],
          (i) => magnitudes[i],
        ),
      };
    },
  }),
};
