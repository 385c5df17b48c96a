/**
 * The rule by which a run's first controller is shown moments: its threshold, or its share, is read off the data it
 * trains on.
 */
import { firstOf, type Trajectories } from '@coxswain/envs';
import { type Base, type Config, NoMomentsError } from '@coxswain/lab';
import type { Origin } from './chain.js';
import { momentThreshold, separationOf } from './moment-rule.js';
import { JumpMoments, jumpsOf, type Told } from './moments.js';
import { shareShown } from './step-table.js';

/** Trajectories that the other layers are asked about where one has no jumps. */
const ASKED = 1000;

/** The jumps of all episodes, one after the other. */
function joined(jumps: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(jumps.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const own of jumps) {
    all.set(own, at);
    at += own.length;
  }
  return all;
}

/** The error with what other layers would show: that needs no label either. */
async function withLayers(error: unknown, base: Base, data: Trajectories): Promise<unknown> {
  if (!(error instanceof NoMomentsError)) return error;
  const few = firstOf(data, ASKED);
  const apart: string[] = [];
  for (let layer = 0; layer <= base.model.config.depth; layer++)
    apart.push(`${layer}: ${separationOf(joined(await jumpsOf(base, layer, few))).toFixed(2)}`);
  const { value = '', expected = '', remedy } = error;
  return new NoMomentsError(value, expected, `${remedy} By layer the two kinds of jumps are so far apart: ${apart.join(', ')}.`);
}

/**
 * @param view `random` draws as many moments before the last steps as `jumps` would show.
 * @returns the rule, and how far apart the two kinds of jumps are.
 * @throws NoMomentsError for a base without jumps to speak of.
 */
export async function findOrigin(
  view: 'jumps' | 'random',
  base: Base,
  { discover, metacontroller }: Pick<Config, 'discover' | 'metacontroller'>,
  seed: number,
  data: Trajectories,
  told: Told,
): Promise<{ readonly origin: Origin; readonly separation: number }> {
  const layer = discover.momentLayer < 0 ? metacontroller.embedderLayer : discover.momentLayer;
  const jumps = joined(await jumpsOf(base, layer, data, told));
  let found: ReturnType<typeof momentThreshold>;
  try {
    found = momentThreshold(jumps, discover);
  } catch (error) {
    throw await withLayers(error, base, data);
  }
  const { threshold, separation } = found;
  if (view === 'jumps') return { origin: { kind: 'jumps', layer, threshold }, separation };
  const shown = await new JumpMoments(base, layer, threshold).of(data, told);
  return { origin: { kind: 'random', share: shareShown(shown, data), seed }, separation };
}
