/** Whether what a rollout did step by step is what the models say of whole episodes, in float64. */
import { GATE_MODE } from '@coxswain/kernels';
import type { Episodes } from '@coxswain/rl';
import { contextReference, integrateReference, steerReference } from '../reference/metacontroller.js';
import { sizesOf } from '../reference/sizes.js';
import { blocksReference, embeddingReference, headLossReference } from '../reference/transformer.js';
import type { Players, RolloutSpec } from './rollout.js';

/** Episodes that are held against float64: the first ones. */
const CHECKED = 8;

/**
 * The greatest difference between recorded and computed log-probabilities of actions, in nats; infinite where a switch
 * is open that the computed one keeps shut, or shut where it opens.
 * @param logProb [episodes·horizon], as recorded.
 * @param codes [episodes·horizon, latent], as proposed; none where the base model acts alone.
 */
export function rolloutError(
  { config, controller, layer, horizon }: RolloutSpec,
  { base, weights }: Pick<Players, 'base' | 'weights'>,
  episodes: Episodes,
  logProb: ArrayLike<number>,
  codes: Float32Array | undefined,
): number {
  const { slots } = sizesOf(config);
  let worst = 0;
  for (let episode = 0; episode < Math.min(CHECKED, episodes.count); episode++) {
    const time = episodes.length[episode];
    const size = { batch: 1, time };
    const from = episode * horizon;
    const seen = episodes.observation[0].subarray(from * slots, (from + time) * slots);
    let e = blocksReference(config, embeddingReference(config, seen, base), size, base, [0, layer]);
    if (controller && codes) {
      const { latent } = controller;
      const proposed = codes.subarray(from * latent, (from + time) * latent);
      const context = contextReference(controller, e, size, weights);
      const { z, betas } = integrateReference(controller, context, proposed, size, weights, { mode: GATE_MODE.hard, temperature: 1 });
      for (let t = 0; t < time; t++) if (betas[t] !== episodes.open[from + t]) return Number.POSITIVE_INFINITY;
      e = steerReference(controller, e, z, weights);
    }
    e = blocksReference(config, e, size, base, [layer, config.depth]);
    const actions = episodes.action[0].subarray(from, from + time);
    headLossReference(config, e, base, 'act', actions).forEach((nll, t) => {
      worst = Math.max(worst, Math.abs(nll + logProb[from + t]));
    });
  }
  return worst;
}
