import { WORLD_SEED } from '@coxswain/lab';
import { RandomCodes } from '@coxswain/rl';
import { FreePlay, type Player } from './free-play.js';

/** A code as an episode held it, until the switch opened. */
export interface HeldCode {
  readonly code: readonly number[];
  /** Colour first touched meanwhile, −1 for none. */
  readonly reaches: number;
  /** Steps to it; all it was held for where it reached none. */
  readonly steps: number;
}

/**
 * Plays unconditioned episodes, in new worlds and without a task: codes are drawn from the codes' own distribution
 * whatever is seen, and each is held until the learned switch opens. Yields, batch by batch, all codes held and what
 * each reached; those that the horizon cut are left out.
 * @param first batch to begin with: a batch is a function of the seed and its number alone.
 */
export async function* heldCodes(
  player: Player,
  { seed, worlds, batches, first = 0 }: { seed: number; worlds: number; batches: number; first?: number },
): AsyncGenerator<HeldCode[]> {
  const { base, controller, config } = player;
  const { latent } = controller.model.config;
  const { horizon } = config.reinforce;
  const source = new RandomCodes(base.store.device, controller.codes);
  const game = new FreePlay(player, source, { worlds, seed: WORLD_SEED.unconditioned + seed, record: true });
  try {
    for (let batch = first; batch < batches; batch++) {
      const episodes = await game.play(batch);
      const codes = await game.proposed();
      yield episodes.flatMap(({ holds }, i) =>
        holds
          .filter(({ ended }) => ended)
          .map(({ from, touched, steps }) => {
            const at = (i * horizon + from) * latent;
            return { code: [...codes.subarray(at, at + latent)], reaches: touched[0] ?? -1, steps };
          }),
      );
    }
  } finally {
    game.dispose();
    source.dispose();
  }
}
