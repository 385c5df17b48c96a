/** Probe of RL: updates on worlds that are scripted, with episodes as long as an expert's. */
import { measureCalls, type PhaseProbe, type TrainedModel, untrainedBase } from '@coxswain/lab';
import { assembleReinforcement } from '../phases/assemble-reinforcement.js';
import { ScriptedWorlds, scriptedDecisions } from './scripted-worlds.js';
import { untrainedController } from './untrained.js';
import { SHARED_UPDATES, UPDATES } from './variations.js';

export const updatesProbe: PhaseProbe = {
  alike: true,
  variations: UPDATES,
  shared: SHARED_UPDATES,
  run: async (config, [device, ...others], counted, instruments) => {
    const base = await untrainedBase(device, config);
    const inputs: Record<string, TrainedModel> = { base };
    if (config.reinforce.method === 'internal') inputs.controller = await untrainedController(device, config, base);
    const { episodesPerUpdate } = config[config.reinforce.method];
    const { reinforcer } = assembleReinforcement(device, config, inputs, 0, {
      worlds: (environments) => new ScriptedWorlds(config, environments),
      decisions: (episodes) => scriptedDecisions(config, episodes),
      others,
    });
    const { work, ...measured } = await measureCalls(device, counted, instruments, () => reinforcer.update());
    const { timeSteps, lookedBack } = new ScriptedWorlds(config, episodesPerUpdate);
    // A launch does not know how far its episodes are, and counts the whole of their caches.
    return { ...measured, work: { ...work, cache: work.cache * lookedBack }, timeSteps };
  },
};
