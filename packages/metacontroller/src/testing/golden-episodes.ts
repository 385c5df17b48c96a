/** Test-only: the golden demonstrations of `kernels/golden/trained` as a batch. */
import { readGolden } from '../../../../kernels/src/testing/golden.js';
import { goldenObservations } from '../../../transformer/src/testing/golden-base.js';
import type { DiscoveryBatch } from '../discovery-inputs.js';

const golden = readGolden('trained/episodes');
const [batch, time] = golden.action.shape;

export const GOLDEN_BATCH: DiscoveryBatch = {
  batch,
  time,
  observation: [goldenObservations(golden.layout.data, golden.pos.data, time + 1)],
  action: [Int32Array.from(golden.action.data)],
  mask: Float32Array.from({ length: batch * time }, (_, i) => (i % time < golden.length.data[Math.floor(i / time)] ? 1 : 0)),
  lengths: [...golden.length.data],
};

/** True subgoal of each step [batch·time]. */
export const GOLDEN_SUBGOALS: ArrayLike<number> = golden.subgoal.data;

export const GOLDEN_MEAN_LENGTH = GOLDEN_BATCH.mask.reduce((a, b) => a + b) / batch;
