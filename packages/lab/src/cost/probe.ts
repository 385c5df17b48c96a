/** Steps of a phase by themselves: what they ask of an adapter and, on a real one, how long they take. */
import { ArgumentError, type Device } from '@coxswain/tensor';
import type { Config } from '../config.js';
import type { Phase, PhaseContext } from '../phase.js';
import { identify } from '../run/identity.js';
import type { TrainedModel } from '../run/model.js';
import type { Instruments, PhaseProbe, Probe } from './phase-probe.js';
import { Stopwatch } from './stopwatch.js';
import { addWork, NO_WORK, type Work, WorkMeter } from './work.js';
import { openYardstick } from './yardstick.js';

/** Ends a run that has shown enough. */
class ProbeDone extends Error {}

/** Steps that meet most lengths of sequences: batches are drawn so many together and sorted by length. */
export const LENGTHS = 8;

/** What a phase says of its steps. @throws ArgumentError for one that does not train. */
export function probeOf({ name, probe }: Phase): PhaseProbe {
  if (!probe) throw new ArgumentError('cost', `phase ${name}`, 'one that trains');
  return probe;
}

/** The steps of a phase by themselves, as its `PhaseProbe.run`. */
export const probe = (phase: Phase, config: Config, devices: readonly Device[], counted: number, instruments: Instruments = {}) =>
  probeOf(phase).run(config, devices, counted, instruments);

/** How many steps of a phase stand for so many that meet all lengths. */
export const stepsFor = (phase: Phase, steps: number): number => (probeOf(phase).alike ? Math.ceil(steps / LENGTHS) : steps);

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

/** What is measured of steps, before it is known how many time steps they have. */
export type Measured = Omit<Probe, 'timeSteps' | 'demonstrations'>;

/** Steps that are all alike, each begun by a call: one that is not counted, then those that are. */
export async function measureCalls(
  device: Device,
  counted: number,
  { yardstick, timer }: Instruments,
  step: () => Promise<unknown>,
): Promise<Measured> {
  await step();
  const meter = new WorkMeter(device);
  const watch = new Stopwatch(device, yardstick);
  await watch.start();
  device.timer = timer;
  for (let done = 0; done < counted; done++) {
    if (done > 0) await watch.lap();
    await step();
  }
  await watch.stop();
  device.timer = undefined;
  meter.stop();
  return measured(device, watch, meter.work, counted);
}

/** The first steps of a run, which is then ended. @param inputs what it starts from. */
export async function measureRun(
  { name, run }: Pick<Phase, 'name' | 'run'>,
  config: Config,
  inputs: Readonly<Record<string, TrainedModel>>,
  device: Device,
  counted: number,
  { yardstick, timer }: Instruments,
): Promise<Measured> {
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
      throw new ProbeDone();
    },
  };
  const identity = identify({ phase: name, preset: 'none', seed: 0, config, inputs: {} });
  const folder = { identity, writeArtifact() {}, writeText() {} };
  try {
    await run({ config, seed: 0, inputs, device, others: [], folder, resumed: undefined, session });
  } catch (error) {
    if (!(error instanceof ProbeDone)) throw error;
  } finally {
    meter.stop();
  }
  return measured(device, watch, addWork(meter.work, from, -1), counted);
}

const measured = (device: Device, { seconds, beside }: Stopwatch, work: Work, counted: number): Measured => ({
  work: addWork(NO_WORK, work, 1 / counted),
  seconds: seconds / counted,
  beside,
  held: device.pool.allocatedBytes,
});
