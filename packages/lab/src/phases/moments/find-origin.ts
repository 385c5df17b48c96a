/** The rule by which a run's first controller is shown moments: its threshold, or its share, is read off the data it trains on. */
import type { Episodes } from '@coxswain/envs';
import type { Config } from '../../settings/sections.js';
import type { Base } from '../base.js';
import type { Origin } from './chain.js';
import { momentThreshold } from './moment-rule.js';
import { JumpMoments, jumpsOf, type Told } from './moments.js';
import { shareShown } from './step-table.js';

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
  data: Episodes,
  told: Told,
): Promise<{ readonly origin: Origin; readonly separation: number }> {
  const layer = discover.momentLayer < 0 ? metacontroller.embedderLayer : discover.momentLayer;
  const jumps = await jumpsOf(base, layer, data, told);
  const all = new Float32Array(jumps.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const own of jumps) {
    all.set(own, at);
    at += own.length;
  }
  const { threshold, separation } = momentThreshold(all, discover);
  if (view === 'jumps') return { origin: { kind: 'jumps', layer, threshold }, separation };
  const shown = await new JumpMoments(base, layer, threshold).of(data, told);
  return { origin: { kind: 'random', share: shareShown(shown, data), seed }, separation };
}
