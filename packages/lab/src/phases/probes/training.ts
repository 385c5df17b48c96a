/** Probes of phases that train on demonstrations, whose batches differ in length. */

import type { Config } from '../../config.js';
import type { PhaseProbe, Variation } from '../../cost/phase-probe.js';
import { measureRun } from '../../cost/probe.js';
import type { Phase } from '../../phase.js';
import type { TrainedModel } from '../../run/model.js';
import { showsOwnMoments } from '../stages.js';
import { demonstrations, meanLength } from '../world.js';
import { untrainedBase } from './untrained.js';

/** Phases of demonstrations, named as the sections of their settings. */
export type TrainingName = 'pretrain' | 'discover' | 'supervise';

/** Held-out episodes, of which none is ever used. */
const FEW = 16;

/** The settings with data for so many steps only, and nothing between them but lines of metrics. */
function shortened(config: Config, name: TrainingName, steps: number): Config {
  const { batch } = config[name];
  const never = { evaluateEvery: Number.MAX_SAFE_INTEGER, evaluationEpisodes: FEW, episodes: steps * batch };
  // An untrained base has no jumps to speak of; a step costs the same whichever moments are shown.
  const view = name === 'discover' && showsOwnMoments(config.discover.view) ? { view: 'touches' } : {};
  return { ...config, [name]: { ...config[name], ...never, ...view } };
}

/**
 * @param startsFromBase whether it needs a sequence model.
 * @param data the section that says what demonstrations are like.
 */
export function trainingProbe(
  name: TrainingName,
  run: Phase['run'],
  { startsFromBase, data }: { readonly startsFromBase: boolean; readonly data: 'pretrain' | 'discover' },
  variations: readonly Variation[],
): PhaseProbe {
  return {
    alike: false,
    variations,
    run: async (config, [device], counted, instruments) => {
      const short = shortened(config, name, counted);
      const inputs: Record<string, TrainedModel> = startsFromBase ? { base: await untrainedBase(device, config) } : {};
      const measured = await measureRun({ name, run }, short, inputs, device, counted, instruments);
      const { batch } = short[name];
      const timeSteps = batch * meanLength(demonstrations(short, 'training', 0, counted * batch, short[data]));
      return { ...measured, timeSteps };
    },
  };
}
