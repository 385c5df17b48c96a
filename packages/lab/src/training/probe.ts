/** Probes of phases that train on demonstrations, whose batches differ in length. */
import { meanLength } from '@coxswain/envs';
import type { Config } from '../config.js';
import type { PhaseProbe, Variation } from '../cost/phase-probe.js';
import { measureRun } from '../cost/probe.js';
import { untrainedBase } from '../models/untrained.js';
import type { Phase } from '../phase.js';
import type { TrainedModel } from '../run/model.js';
import { type DemonstrationStyle, demonstrations } from '../worlds/world.js';

/** Held-out episodes, of which none is ever used. */
const FEW = 16;

/** Settings that every section of such a phase has. */
interface TrainingSettings {
  readonly batch: number;
  readonly episodes: number;
}

export interface TrainingSteps {
  /** The phase, named as the section of its settings. */
  readonly name: string;
  readonly run: Phase['run'];
  /** Whether it needs a sequence model. */
  readonly startsFromBase: boolean;
  /** The section that says what demonstrations are like. */
  readonly data: string;
  /** Settings of its section in place of those given, where a model at its random start could not do with them. */
  readonly instead?: (config: Config) => Readonly<Record<string, unknown>>;
  readonly variations: readonly Variation[];
}

const sectionOf = <T>(config: Config, name: string): T => (config as unknown as Readonly<Record<string, T>>)[name];

/**
 * The settings with data for so many steps at most, and nothing between them but lines of metrics. Batches are drawn
 * with replacement: fewer episodes make steps that are as long.
 */
function shortened(config: Config, { name, instead }: TrainingSteps, steps: number): Config {
  const settings = sectionOf<TrainingSettings>(config, name);
  const never = {
    evaluateEvery: Number.MAX_SAFE_INTEGER,
    evaluationEpisodes: FEW,
    episodes: Math.min(settings.episodes, steps * settings.batch),
  };
  return { ...config, [name]: { ...settings, ...never, ...instead?.(config) } };
}

export function trainingProbe(steps: TrainingSteps): PhaseProbe {
  const { name, run, startsFromBase, data, variations } = steps;
  return {
    alike: false,
    variations,
    run: async (config, [device], counted, instruments) => {
      const short = shortened(config, steps, counted);
      const inputs: Record<string, TrainedModel> = startsFromBase ? { base: await untrainedBase(device, config) } : {};
      const measured = await measureRun({ name, run }, short, inputs, device, counted, instruments);
      const { batch, episodes } = sectionOf<TrainingSettings>(short, name);
      const began = performance.now();
      const shown = demonstrations(short, 'training', 0, episodes, sectionOf<DemonstrationStyle>(short, data));
      const played = config.world.demonstrations === undefined && (1000 * shown.count) / (performance.now() - began);
      return { ...measured, timeSteps: batch * meanLength(shown), ...(played && { demonstrations: played }) };
    },
  };
}
