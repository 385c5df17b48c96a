/** Suites of single operations: `kernels`, ours beside what a user would otherwise pick, and `processor`. */
import type { Case } from './case.js';
import { adamwCases } from './cases/adamw.js';
import { attentionCases } from './cases/attention.js';
import { attentionApartCases } from './cases/attention-apart.js';
import { gruCases } from './cases/gru.js';
import { imageCases } from './cases/images.js';
import { inferenceCases } from './cases/inference.js';
import { matmulCases } from './cases/matmul.js';
import { movementCases } from './cases/movement.js';
import { rowCases } from './cases/rows.js';
import type { Contestant, Prepared } from './contestant.js';
import { worstError } from './correctness.js';
import type { Row } from './results.js';
import { type Entrant, measureRow } from './row.js';
import { type PlannedRow, reasonOf, type Suite } from './suite.js';

/** Every row, in the order of its table. */
export const cases: readonly Case[] = [
  ...matmulCases,
  ...attentionCases,
  ...attentionApartCases,
  ...gruCases,
  ...rowCases,
  ...inferenceCases,
  ...movementCases,
  ...imageCases,
  ...adamwCases,
];

/** One row, beside those of the contestants that are on the processor, or those that are not. */
const measure =
  (suite: string, item: Case, takesPart: (peer: Contestant) => boolean): PlannedRow['measure'] =>
  async ({ ours, peers, peaks, samples }) => {
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
    for (const contestant of peers.filter(takesPart)) {
      try {
        const prepared = await contestant.prepare(item, inputs);
        if (prepared) entrants.push({ ...contestant, prepared, error: await errorOf(prepared) });
      } catch (cause) {
        failures[contestant.name] = { failed: reasonOf(cause) };
      }
    }
    const labels: Pick<Row, 'suite' | 'name' | 'shape'> = { suite, name: item.name, shape: item.shape };
    const { tolerance, dtype = 'f32' } = item;
    const software = ours.device.traits.threads !== undefined;
    return measureRow({ labels, dtype, mine, error, tolerance, peers: entrants, failures, peaks, samples, software });
  };

const onProcessor = ({ elsewhere }: Contestant): boolean => elsewhere === 'processor';

export const kernels: Suite = {
  name: 'kernels',
  rows: cases.map((item) => ({
    name: item.name,
    shape: item.shape,
    ...(item.suits ? { suits: item.suits } : {}),
    measure: measure('kernels', item, (peer) => !onProcessor(peer)),
  })),
};

/**
 * Suite `processor`: the same operations through a software driver beside libraries that are written for the processor.
 * Apart from `kernels`, whose peers take minutes to compile on such a driver.
 */
export const processor: Suite = {
  name: 'processor',
  rows: cases
    .filter(({ onnx, torch }) => onnx || torch)
    .map((item) => ({
      name: item.name,
      shape: item.shape,
      suits: (traits) => traits.threads !== undefined && (item.suits?.(traits) ?? true),
      measure: measure('processor', item, onProcessor),
    })),
};
