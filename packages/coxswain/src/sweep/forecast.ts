/** How long what is missing of a sweep is going to take, before it starts. */
import { CoxswainError } from '@coxswain/base';
import {
  type Config,
  canonicalJson,
  formatDuration,
  type Given,
  type Machine,
  pick,
  readCheckpoint,
  readRunConfig,
  settle,
  yardstick,
} from '@coxswain/lab';
import type { Device } from '@coxswain/tensor';
import { openFor } from '../command/phase-command.js';
import { isProbed, type PhaseCost, phaseCost, projectedSeconds } from '../cost/project.js';
import { costFolder, readCostModel, type StoredModel } from '../cost/stored.js';
import { type PlannedRun, valuesOf } from './plan.js';

/** The settings of every run, those of models that are not there yet among them; without runs that lack a model. */
function settingsOf(plan: readonly PlannedRun[]): Map<PlannedRun, Config> {
  const settled = new Map<string, Given & { readonly config: Config }>();
  const configs = new Map<PlannedRun, Config>();
  for (const run of plan) {
    const given: Record<string, Given> = {};
    for (const { name } of run.phase.inputs) {
      const folder = run.options[name];
      const model = folder === undefined ? undefined : (settled.get(folder) ?? readRunConfig(folder));
      if (model) given[name] = model;
    }
    try {
      const own = settle(run.phase, valuesOf(run), given);
      settled.set(run.folder, own);
      configs.set(run, own.config);
    } catch (error) {
      // What is wrong with it is said when its turn comes.
      if (!(error instanceof CoxswainError)) throw error;
    }
  }
  return configs;
}

/** What devices do, and how fast they are now. */
interface Speed {
  readonly traits: Device['traits'];
  readonly stored: StoredModel;
  /** Seconds that the yardstick takes. */
  readonly beside: number;
}

async function speedOf(devices: readonly Device[]): Promise<Speed | undefined> {
  try {
    const stored = readCostModel(costFolder(), devices);
    return stored && { traits: devices[0].traits, stored, beside: await yardstick(devices) };
  } finally {
    for (const device of devices) device.close();
  }
}

/**
 * What the steps take that are left of these runs, in a sentence; nothing where no model of cost was fitted for this
 * adapter. Runs alike in all but their seeds are counted once.
 * @param plan the whole sweep.
 * @param missing the runs of it that have not finished.
 */
export async function forecast(plan: readonly PlannedRun[], missing: readonly PlannedRun[], machine: Machine): Promise<string | undefined> {
  const configs = settingsOf(plan);
  const costs = new Map<string, PhaseCost>();
  const speeds = new Map<boolean, Speed | undefined>();
  let [seconds, error, counted] = [0, 0, 0];
  for (const run of missing) {
    const { phase, folder } = run;
    const config = configs.get(run);
    if (!config || !isProbed(phase)) continue;
    const shares = phase.shares?.(config) === true;
    if (!speeds.has(shares)) speeds.set(shares, await speedOf(await openFor(phase, config, machine)));
    const speed = speeds.get(shares);
    if (!speed) continue;
    const { steps } = phase.length(config);
    const key = `${phase.name} ${canonicalJson(pick(config, phase.sections))}`;
    const cost = costs.get(key) ?? (await phaseCost(phase, config, speed.traits));
    costs.set(key, cost);
    const own = projectedSeconds({ ...cost, steps: steps - (readCheckpoint(folder)?.step ?? 0) }, speed.stored, speed.beside);
    seconds += own;
    error += own * speed.stored.model.error;
    counted++;
  }
  if (counted === 0) return undefined;
  const [duration, share] = [formatDuration(seconds), Math.round((100 * error) / seconds)];
  return `The training steps of ${counted} of ${missing.length} missing runs take about ${duration} (±${share} %) one after the other, by this adapter’s model of cost.`;
}
