/** Probe of RL: updates on worlds that are scripted, with episodes as long as an expert's, and on those themselves. */
import { type Config, measureCalls, type PhaseProbe, type TrainedModel, untrainedBase, worldOf } from '@coxswain/lab';
import type { Device } from '@coxswain/tensor';
import { assembleReinforcement } from '../phases/assemble-reinforcement.js';
import { ScriptedWorlds, scriptedDecisions } from './scripted-worlds.js';
import { untrainedController } from './untrained.js';
import { SHARED_UPDATES, UPDATES } from './variations.js';
import { WatchedWorlds } from './watched-worlds.js';

async function untrainedInputs(device: Device, config: Config): Promise<Record<string, TrainedModel>> {
  const base = await untrainedBase(device, config);
  return config.reinforce.method === 'internal' ? { base, controller: await untrainedController(device, config, base) } : { base };
}

export const updatesProbe: PhaseProbe = {
  alike: true,
  variations: UPDATES,
  shared: SHARED_UPDATES,
  run: async (config, [device, ...others], counted, instruments) => {
    const { episodesPerUpdate } = config[config.reinforce.method];
    const { reinforcer } = assembleReinforcement(device, config, await untrainedInputs(device, config), 0, {
      worlds: (environments) => new ScriptedWorlds(config, environments),
      decisions: (episodes) => scriptedDecisions(config, episodes),
      others,
    });
    const { work, ...measured } = await measureCalls(device, counted, instruments, () => reinforcer.update());
    const { timeSteps, lookedBack } = new ScriptedWorlds(config, episodesPerUpdate);
    // A launch does not know how far its episodes are, and counts the whole of their caches.
    return { ...measured, work: { ...work, cache: work.cache * lookedBack }, timeSteps };
  },
  loop: async (config, device, updates) => {
    const { episodesPerUpdate: episodes } = config[config.reinforce.method];
    const watched = new WatchedWorlds(config, episodes);
    const { reinforcer } = assembleReinforcement(device, config, await untrainedInputs(device, config), 0, {
      worlds: () => watched,
      decisions: (played) => scriptedDecisions(config, played),
    });
    await reinforcer.update();
    const [worldsBefore, waitedBefore] = [watched.seconds, device.waited];
    let [steps, all, playing] = [0, 0, 0];
    for (let done = 0; done < updates; done++) {
      const update = await reinforcer.update();
      steps += update.steps;
      playing += update.seconds.rollout;
      all += update.seconds.rollout + update.seconds.update;
    }
    const [worlds, waited] = [watched.seconds - worldsBefore, device.waited - waitedBefore];
    const { threads = 1 } = worldOf(config).definition;
    return { updates, episodes, steps, threads, seconds: { all, playing, worlds, device: waited } };
  },
};
