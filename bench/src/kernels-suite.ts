/** Suite `kernels`: single operations, ours beside what a user would otherwise pick. */
import type { Case } from './case.js';
import { adamwCases } from './cases/adamw.js';
import { attentionCases } from './cases/attention.js';
import { gruCases } from './cases/gru.js';
import { matmulCases } from './cases/matmul.js';
import { rowCases } from './cases/rows.js';
import type { Contestant, Prepared } from './contestant.js';
import { worstError } from './correctness.js';
import type { Ours } from './ours.js';
import type { Peaks } from './peaks.js';
import type { PeerResult, Row } from './results.js';
import { type SamplePlan, sampleInTurns } from './sample.js';

export const kernelCases: readonly Case[] = [...matmulCases, ...attentionCases, ...gruCases, ...rowCases, ...adamwCases];

/** What a peer is given before its row goes on with fewer samples, ms. */
const BUDGET_MS = 8000;
const SAMPLE_MS = 20;

interface Ready {
  readonly contestant: Contestant;
  readonly prepared: Prepared;
  readonly error: number;
}

export async function measureCase(item: Case, ours: Ours, peers: readonly Contestant[], peaks: Peaks, samples: number): Promise<Row> {
  const inputs = item.inputs();
  const reference = item.reference(inputs);
  const mine = await ours.prepare(item, inputs);
  const error = worstError(await mine.outputs(), reference);
  const ready: Ready[] = [];
  const failures: Record<string, { failed: string }> = {};
  for (const contestant of peers) {
    try {
      const prepared = await contestant.prepare(item, inputs);
      if (prepared) ready.push({ contestant, prepared, error: worstError(await prepared.outputs(), reference) });
    } catch (cause) {
      failures[contestant.name] = { failed: cause instanceof Error ? cause.message : String(cause) };
    }
  }
  const plan: SamplePlan = { samples, sampleMs: SAMPLE_MS, budgetMs: BUDGET_MS };
  const [summary, ...theirs] = await sampleInTurns([mine, ...ready.map(({ prepared }) => prepared)], plan);
  const gpu = await mine.gpuMilliseconds(samples, Math.max(1, Math.round(SAMPLE_MS / summary.median)));
  const { flops, bytes } = mine.cost;
  const best = gpu?.median ?? summary.median;
  const results: Record<string, PeerResult | { failed: string }> = { ...failures };
  ready.forEach(({ contestant, prepared, error: theirError }, i) => {
    results[contestant.name] = { ...theirs[i], version: contestant.version, firstMs: prepared.firstMs, error: theirError };
  });
  // A peer whose answer is wrong is no measure of how long the right one takes.
  const medians = ready.flatMap(({ error: theirError }, i) => (theirError <= item.tolerance ? [theirs[i].median] : []));
  const row: Row = {
    suite: 'kernels',
    name: item.name,
    shape: item.shape,
    dtype: 'f32',
    correct: error <= item.tolerance,
    ours: {
      ...summary,
      firstMs: mine.firstMs,
      compileMs: mine.compileMs,
      dispatches: mine.dispatches,
      encode: mine.encodeMicroseconds(),
      ...(gpu ? { gpu } : {}),
      flops,
      bytes,
      fractionOfFlops: (flops / best) * (1000 / peaks.flops),
      fractionOfBytes: (bytes / best) * (1000 / peaks.bytes),
      error,
    },
    peers: results,
    ...(medians.length ? { ratio: Math.min(...medians) / summary.median } : {}),
  };
  for (const prepared of [mine, ...ready.map((one) => one.prepared)]) prepared.dispose();
  return row;
}
