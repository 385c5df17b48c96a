/** Skills one after the other, chosen by hand. */

import { WORLD_SEED } from '@coxswain/lab';
import { ChainedCodes } from '@coxswain/rl';
import { type FreeEpisode, FreePlay, type Player } from './free-play.js';
import type { Skill } from './library.js';

/** What an episode did with a chain. */
export interface ChainedEpisode extends FreeEpisode {
  /** Colours touched until the chain was over, in order. */
  readonly touched: readonly number[];
  /** How many skills touched their colour in the order asked for, with no other colour before. */
  readonly inOrder: number;
}

export interface Chained {
  readonly episodes: readonly ChainedEpisode[];
  /** Share of the episodes that touched the colours of the first skills in order, for one skill, two and so on. */
  readonly shares: readonly number[];
}

/** The episode up to the end of its chain: the switch's first opening after the last skill, or the horizon. */
function untilOver({ layout, path, holds }: FreeEpisode, skills: readonly Skill[]): ChainedEpisode {
  const own = holds.slice(0, skills.length);
  const touched = own.flatMap((hold) => hold.touched);
  const wrong = skills.findIndex(({ reaches }, i) => touched[i] !== reaches);
  return {
    layout,
    path: path.slice(0, (own.at(-1)?.to ?? 0) + 1),
    holds: own,
    touched,
    inOrder: wrong < 0 ? skills.length : wrong,
  };
}

/**
 * Plays a chain of skills in worlds without a task: each skill's code is held until the learned switch opens, then the
 * next one is; nothing else decides. Episodes are those that evaluation would play with this seed.
 * @param worlds how many; episode i is the same whatever their number.
 */
export async function playChain(
  player: Player,
  skills: readonly Skill[],
  { seed, worlds }: { readonly seed: number; readonly worlds: number },
): Promise<Chained> {
  const { device } = player.base.store;
  const codes = Array.from({ length: worlds }, () => skills.flatMap(({ code }) => code)).flat();
  const source = new ChainedCodes(device.tensor(Float32Array.from(codes), [worlds, skills.length, codes.length / worlds / skills.length]));
  const game = new FreePlay(player, source, { worlds, seed: WORLD_SEED.evaluation + seed });
  const episodes = (await game.play(0)).map((episode) => untilOver(episode, skills));
  game.dispose();
  source.dispose();
  return { episodes, shares: skills.map((_, i) => episodes.filter(({ inOrder }) => inOrder > i).length / worlds) };
}
