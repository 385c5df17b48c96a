/** The first steps of a training phase by themselves: what they ask of an adapter and, on a real one, how long they take. */
import type { Device, LaunchTimer } from '@coxswain/tensor';
import type { Phase, PhaseContext } from '../phase.js';
import { wire } from '../phases/reinforce.js';
import { showsOwnMoments } from '../phases/stages.js';
import { demonstrations, meanLength, observationSpaceOf } from '../phases/world.js';
import { identify } from '../run/identity.js';
import type { TrainedModel } from '../run/model.js';
import type { Config } from '../settings/sections.js';
import { ScriptedWorlds, scriptedDecisions } from './scripted-worlds.js';
import { Stopwatch } from './stopwatch.js';
import { untrainedBase, untrainedController } from './untrained.js';
import { addWork, NO_WORK, type Work, WorkMeter } from './work.js';
import { openYardstick, type Yardstick } from './yardstick.js';

/** Phases of training, whose steps can be run by themselves. */
export const PROBED_PHASES = ['pretrain', 'discover', 'supervise', 'reinforce'] as const;
type Supervised = Exclude<(typeof PROBED_PHASES)[number], 'reinforce'>;

export interface Probe {
  /** Work of a step, on the mean. */
  readonly work: Work;
  /** Wall-clock seconds of a step, on the mean; meaningless on a device that only counts. */
  readonly seconds: number;
  /** Seconds of the yardstick, timed in turns with the steps; 0 where it was not. */
  readonly beside: number;
  /** Time steps of the episodes of a step, on the mean: tokens of the sequence model, steps of the worlds. */
  readonly timeSteps: number;
  /** Bytes that the device holds at the end. */
  readonly held: number;
}

/** Ends a run that has shown enough. */
class Enough extends Error {}

/** Steps that meet most lengths of sequences: batches are drawn so many together and sorted by length. */
export const LENGTHS = 8;

/** Held-out episodes, of which none is ever used. */
const FEW = 16;

/** The settings with data for so many steps only, and nothing between them but lines of metrics. */
function shortened(config: Config, phase: Supervised, steps: number): Config {
  const { batch } = config[phase];
  const never = { evaluateEvery: Number.MAX_SAFE_INTEGER, evaluationEpisodes: FEW, episodes: steps * batch };
  // An untrained base has no jumps to speak of; a step costs the same whichever moments are shown.
  const view = phase === 'discover' && showsOwnMoments(config.discover.view) ? { view: 'touches' } : {};
  return { ...config, [phase]: { ...config[phase], ...never, ...view } };
}

/** What steps that are counted are measured with besides. */
interface Beside {
  /** Timed in turns with them, on other devices. */
  readonly yardstick?: Yardstick;
  /** Times the launches of the first device; the steps are slower then. */
  readonly timer?: LaunchTimer;
}

/** Updates of RL on worlds that are scripted: as `probeSteps`. */
async function probeUpdates(
  config: Config,
  [device, ...others]: readonly Device[],
  counted: number,
  { yardstick, timer }: Beside,
): Promise<Probe> {
  const base = await untrainedBase(device, config);
  const inputs: Record<string, TrainedModel> = { base };
  if (config.reinforce.method === 'internal') inputs.controller = await untrainedController(device, config, base);
  const { episodesPerUpdate } = config[config.reinforce.method];
  const { slots } = observationSpaceOf(config);
  const { reinforcer } = wire(device, config, inputs, 0, {
    worlds: (environments) => new ScriptedWorlds(config, environments, slots),
    decisions: (episodes) => scriptedDecisions(config, episodes),
    others,
  });
  await reinforcer.update();
  const meter = new WorkMeter(device);
  const watch = new Stopwatch(device, yardstick);
  await watch.start();
  device.timer = timer;
  for (let update = 0; update < counted; update++) {
    if (update > 0) await watch.lap();
    await reinforcer.update();
  }
  await watch.stop();
  device.timer = undefined;
  meter.stop();
  const { timeSteps, lookedBack } = new ScriptedWorlds(config, episodesPerUpdate, slots);
  const work = addWork(NO_WORK, meter.work, 1 / counted);
  // A launch does not know how far its episodes are, and counts the whole of their caches.
  const { beside, seconds } = watch;
  return {
    work: { ...work, cache: work.cache * lookedBack },
    seconds: seconds / counted,
    beside,
    timeSteps,
    held: device.pool.allocatedBytes,
  };
}

/**
 * Runs the first steps of a phase on models at their random start. RL plays episodes as long as an expert's.
 * @param devices fresh ones: what the run leaves on them stays there until they are closed. More than one share the work, and what
 * is counted is the first one's part.
 * @param counted steps that are counted and timed, after as many that are not, 8 or more (one, of RL): these meet most lengths of
 * sequences first, and compile and lay out what they need.
 */
export function probe(phase: Phase, config: Config, devices: readonly Device[], counted: number, beside: Beside = {}): Promise<Probe> {
  return phase.name === 'reinforce'
    ? probeUpdates(config, devices, counted, beside)
    : probeSteps(phase, config, devices[0], counted, beside);
}

/** `probe` in turns with the yardstick, both on devices of their own, closed afterwards. */
export async function probeAlone(phase: Phase, config: Config, open: () => Promise<readonly Device[]>, counted: number): Promise<Probe> {
  const devices = [...(await open())];
  try {
    const others = await open();
    const yardstick = await openYardstick(others);
    devices.push(...others);
    return await probe(phase, config, devices.slice(0, -others.length), counted, { yardstick });
  } finally {
    for (const device of devices) device.close();
  }
}

async function probeSteps(phase: Phase, config: Config, device: Device, counted: number, { yardstick, timer }: Beside): Promise<Probe> {
  const short = shortened(config, phase.name as Supervised, counted);
  const before = Math.max(counted, LENGTHS);
  const meter = new WorkMeter(device);
  const watch = new Stopwatch(device, yardstick);
  let from = NO_WORK;
  const session: PhaseContext['session'] = {
    log() {},
    note() {},
    async preparing() {},
    savesAt: () => false,
    async afterStep(done) {
      // As a run does, for it sees signals only so.
      await new Promise((resume) => setImmediate(resume));
      if (done === before) {
        await watch.start();
        from = meter.work;
        device.timer = timer;
      } else if (done > before && done < before + counted) await watch.lap();
      if (done < before + counted) return;
      await watch.stop();
      device.timer = undefined;
      throw new Enough();
    },
  };
  const inputs: Record<string, TrainedModel> = phase.inputs.some((input) => input.name === 'base')
    ? { base: await untrainedBase(device, config) }
    : {};
  const identity = identify({ phase: phase.name, preset: 'none', seed: 0, config: short, inputs: {} });
  const folder = { identity, writeArtifact() {}, writeText() {} };
  try {
    await phase.run({ config: short, seed: 0, inputs, device, others: [], folder, resumed: undefined, session });
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  } finally {
    meter.stop();
  }
  const work = addWork(NO_WORK, addWork(meter.work, from, -1), 1 / counted);
  const { batch } = short[phase.name as Supervised];
  const data = short[phase.name === 'pretrain' ? 'pretrain' : 'discover'];
  const timeSteps = batch * meanLength(demonstrations(short, 'training', 0, counted * batch, data));
  return { work, seconds: watch.seconds / counted, beside: watch.beside, timeSteps, held: device.pool.allocatedBytes };
}
