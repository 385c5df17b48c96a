/** Suite `kernels`: single operations, ours beside what a user would otherwise pick. */
import type { Case } from './case.js';
import { adamwCases } from './cases/adamw.js';
import { attentionCases } from './cases/attention.js';
import { attentionApartCases } from './cases/attention-apart.js';
import { gruCases } from './cases/gru.js';
import { imageCases } from './cases/images.js';
import { matmulCases } from './cases/matmul.js';
import { movementCases } from './cases/movement.js';
import { rowCases } from './cases/rows.js';
import type { Prepared } from './contestant.js';
import { worstError } from './correctness.js';
import type { Row } from './results.js';
import { type Entrant, measureRow } from './row.js';
import { reasonOf, type Suite } from './suite.js';

/** Every row of the suite, in the order of its table. */
export const cases: readonly Case[] = [
  ...matmulCases,
  ...attentionCases,
  ...attentionApartCases,
  ...gruCases,
  ...rowCases,
  ...movementCases,
  ...imageCases,
  ...adamwCases,
];

export const kernels: Suite = {
  name: 'kernels',
  rows: cases.map((item) => ({
    name: item.name,
    shape: item.shape,
    ...(item.suits ? { suits: item.suits } : {}),
    measure: async ({ ours, peers, peaks, samples }) => {
      const inputs = item.inputs();
      const reference = item.reference(inputs);
      const errorOf = async (prepared: Prepared): Promise<number> => {
        const outputs = await prepared.outputs();
        return worstError(item.project?.(outputs) ?? outputs, reference);
      };
      const mine = await ours.prepare(item, inputs);
      const error = await errorOf(mine);
      const entrants: Entrant[] = [];
      const failures: Record<string, { failed: string }> = {};
      for (const contestant of peers) {
        try {
          const prepared = await contestant.prepare(item, inputs);
          if (prepared)
            entrants.push({
              ...contestant,
              prepared,
              error: await errorOf(prepared),
            });
        } catch (cause) {
          failures[contestant.name] = { failed: reasonOf(cause) };
        }
      }
      const labels: Pick<Row, 'suite' | 'name' | 'shape'> = { suite: 'kernels', name: item.name, shape: item.shape };
      return measureRow({
        labels,
        dtype: item.dtype ?? 'f32',
        mine,
        error,
        tolerance: item.tolerance,
        peers: entrants,
        failures,
        peaks,
        samples,
      });
    },
  })),
};
