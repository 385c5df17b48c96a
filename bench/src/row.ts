/** From contestants that are ready to a row of the table. */
import type { Peaks } from '@coxswain/tensor';
import type { Prepared } from './contestant.js';
import type { OurPrepared } from './ours.js';
import type { MeasuredRow, PeerResult, Row } from './results.js';
import { type SamplePlan, sampleInTurns } from './sample.js';

/** What a peer is given before its row goes on with fewer samples, ms. */
const BUDGET_MS = 8000;
const SAMPLE_MS = 20;

/** A peer's entry, and how far its answer is from the right one. */
export interface Entrant {
  readonly name: string;
  readonly version: string;
  readonly prepared: Prepared;
  readonly elsewhere?: true;
  readonly error: number;
}

export interface RowPlan {
  readonly labels: Pick<Row, 'suite' | 'name' | 'shape' | 'step'>;
  readonly dtype?: Row['dtype'];
  readonly mine: OurPrepared;
  readonly error: number;
  readonly tolerance: number;
  readonly peers: readonly Entrant[];
  /** Peers that could not take part, and why. */
  readonly failures: Row['peers'];
  readonly peaks: Peaks;
  readonly samples: number;
}

/** Times all entries in turns, and disposes them. */
export async function measureRow({
  labels,
  dtype = 'f32',
  mine,
  error,
  tolerance,
  peers,
  failures,
  peaks,
  samples,
}: RowPlan): Promise<MeasuredRow> {
  const plan: SamplePlan = { samples, sampleMs: SAMPLE_MS, budgetMs: BUDGET_MS };
  const [summary, ...theirs] = await sampleInTurns([mine, ...peers.map(({ prepared }) => prepared)], plan);
  const gpu = await mine.gpuMilliseconds(samples, Math.max(1, Math.round(SAMPLE_MS / summary.median)));
  const { flops, bytes } = mine.cost;
  const best = gpu?.median ?? summary.median;
  const results: Record<string, PeerResult | { readonly failed: string }> = { ...failures };
  peers.forEach(({ name, version, prepared: { firstMs }, error: theirError }, i) => {
    results[name] = { ...theirs[i], version, firstMs, error: theirError };
  });
  // A peer whose answer is wrong is no measure of how long the right one takes.
  const medians = peers.flatMap(({ error: theirError, elsewhere }, i) => (theirError <= tolerance && !elsewhere ? [theirs[i].median] : []));
  const row: MeasuredRow = {
    ...labels,
    dtype,
    correct: error <= tolerance,
    ours: {
      ...summary,
      firstMs: mine.firstMs,
      compileMs: mine.compileMs,
      dispatches: mine.dispatches,
      encode: mine.encodeMicroseconds(),
      ...(gpu ? { gpu } : {}),
      flops,
      bytes,
      fractionOfFlops: (flops / best) * (1000 / (dtype === 'f16' ? (peaks.flopsF16 ?? peaks.flops) : peaks.flops)),
      fractionOfBytes: (bytes / best) * (1000 / peaks.bytes),
      temporaries: mine.temporaries,
      error,
    },
    peers: results,
    ...(medians.length ? { ratio: Math.min(...medians) / summary.median } : {}),
  };
  for (const prepared of [mine, ...peers.map((one) => one.prepared)]) prepared.dispose();
  return row;
}
