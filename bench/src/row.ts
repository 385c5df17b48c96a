/** From contestants that are ready to a row of the table. */
import type { Peaks } from '@coxswain/tensor';
import type { Contestant, Prepared } from './contestant.js';
import type { OurPrepared } from './ours.js';
import type { MeasuredRow, PeerResult, Row } from './results.js';
import { type SamplePlan, sampleInTurns, type Timing } from './sample.js';

/** What a peer is given before its row goes on with fewer samples, ms. */
const BUDGET_MS = 8000;
const SAMPLE_MS = 20;

/** A peer's entry, and how far its answer is from the right one. */
export interface Entrant {
  readonly name: string;
  readonly version: string;
  readonly prepared: Prepared;
  readonly elsewhere?: Contestant['elsewhere'];
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
  /** The adapter computes on the processor: processor time says what its work takes. */
  readonly software: boolean;
}

/**
 * The least time of the peers that are right, over ours; undefined without any. A wrong answer is no measure of how
 * long the right one takes.
 */
function ratioOf(
  { peers, tolerance }: Pick<RowPlan, 'peers' | 'tolerance'>,
  where: Entrant['elsewhere'],
  [ours, ...theirs]: readonly Timing[],
  time: (timing: Timing) => number,
): number | undefined {
  const times = peers.flatMap(({ error, elsewhere }, i) => (error <= tolerance && elsewhere === where ? [time(theirs[i])] : []));
  return times.length ? Math.min(...times) / time(ours) : undefined;
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
  software,
}: RowPlan): Promise<MeasuredRow> {
  const plan: SamplePlan = { samples, sampleMs: SAMPLE_MS, budgetMs: BUDGET_MS };
  const timings = await sampleInTurns([mine, ...peers.map(({ prepared }) => prepared)], plan);
  const [summary, ...theirs] = timings;
  const gpu = await mine.gpuMilliseconds(samples, Math.max(1, Math.round(SAMPLE_MS / summary.median)));
  const { flops, bytes } = mine.cost;
  const best = gpu?.median ?? summary.median;
  const results: Record<string, PeerResult | { readonly failed: string }> = { ...failures };
  peers.forEach(({ name, version, elsewhere, prepared: { firstMs }, error: theirError }, i) => {
    const where = elsewhere === 'processor' ? { onProcessor: true as const } : {};
    const wrong = theirError <= tolerance ? {} : { wrong: true as const };
    results[name] = { ...theirs[i], version, ...where, ...wrong, firstMs, error: theirError };
  });
  const ratio = ratioOf({ peers, tolerance }, undefined, timings, ({ median }) => median);
  const processorRatio = software ? ratioOf({ peers, tolerance }, 'processor', timings, ({ processor }) => processor.median) : undefined;
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
    ...(ratio === undefined ? {} : { ratio }),
    ...(processorRatio === undefined ? {} : { processorRatio }),
  };
  for (const prepared of [mine, ...peers.map((one) => one.prepared)]) prepared.dispose();
  return row;
}
