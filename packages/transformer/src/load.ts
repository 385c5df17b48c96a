/** Making sequence models from settings, and loading what was trained, wherever it lies. */
import { SettingError } from '@coxswain/base';
import {
  ArgumentError,
  type Device,
  fetchWeights,
  type LoadOptions,
  type LoadReport,
  loadWeights,
  ParameterStore,
  type Weights,
  type WeightsSource,
} from '@coxswain/tensor';
import type { ModelDefinition, ModelSpaces } from './definition.js';
import type { SequenceModel } from './sequence-model.js';

/** Settings of a model, as `config.model` of a run's `config.json` has them. */
export type ModelSettings = Readonly<Record<string, unknown>> & {
  /** Which of the kinds; the first of them when absent. */
  readonly name?: string;
};

/** What a model is made of. */
export interface ModelPlan {
  /** The kinds of models that the settings may name: `[transformer]`, `[transformer, hawk]`. */
  readonly kinds: readonly ModelDefinition[];
  /** Settings that are not there are at their defaults. */
  readonly config: ModelSettings;
  /** What it sees and does: a world's, for instance. */
  readonly spaces: ModelSpaces;
  /** Frozen when absent. */
  readonly trainable?: boolean | undefined;
  /** Of the start that parameters are drawn from; 0 when absent. */
  readonly seed?: number | undefined;
}

export interface MadeModel {
  readonly model: SequenceModel;
  readonly store: ParameterStore;
  /** Frees the model and its parameters. */
  dispose(): void;
}

/** A model with its weights, and which of them came from the file. */
export interface LoadedModel extends MadeModel {
  readonly report: LoadReport;
}

/** @throws ArgumentError where a part of the plan is missing; SettingError for a kind that is not there. */
function kindOf({ kinds, config, spaces }: ModelPlan): ModelDefinition {
  if (!Array.isArray(kinds) || kinds.length === 0)
    throw new ArgumentError('loadModel', 'no kinds of models', '`kinds`, for example [transformer]');
  if (typeof config !== 'object' || config === null)
    throw new ArgumentError('loadModel', `the config ${String(config)}`, '`config`: the settings of the model');
  if (!spaces?.observation || !spaces.action)
    throw new ArgumentError('loadModel', 'no spaces', '`spaces` with an observation and an action, such as a world has');
  const { name = kinds[0].name } = config;
  const kind = kinds.find((one) => one.name === name);
  if (kind) return kind;
  const names = kinds.map((one) => one.name).join(', ');
  throw new SettingError('model.name', `\`${name}\``, `one of ${names}`, 'Give the definition of this model in `kinds`.');
}

/** Settings as their model reads them. @throws SettingError naming the first that is wrong. */
function settingsOf(kind: ModelDefinition, config: ModelSettings) {
  const read = kind.settings.safeParse(config);
  if (!read.success) {
    const [{ path, message }] = read.error.issues;
    const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], config);
    throw new SettingError(`model.${path.join('.')}`, JSON.stringify(value), `what ${kind.name} takes`, `${message}.`);
  }
  kind.check?.(read.data);
  return read.data;
}

/**
 * A model at its random start.
 * @throws CoxswainError naming the part of the plan, or the setting, that is missing or wrong.
 */
export function makeModel(device: Device, plan: ModelPlan): MadeModel {
  const kind = kindOf(plan);
  const { config, spaces, trainable = false, seed = 0 } = plan;
  const store = new ParameterStore(device, trainable);
  const model = kind.declare(store, settingsOf(kind, config), spaces);
  store.finish(seed);
  const dispose = (): void => {
    model.dispose();
    store.dispose();
  };
  return { model, store, dispose };
}

/**
 * The same with weights that are in memory already.
 * @throws CheckpointError where they are not this model's, NotFiniteError for one that is NaN or infinite; the model is
 * then freed.
 */
export function restoreModel(device: Device, plan: ModelPlan & LoadOptions & { readonly weights: Weights }): LoadedModel {
  const made = makeModel(device, plan);
  try {
    return { ...made, report: loadWeights(made.store, plan.weights, plan) };
  } catch (error) {
    made.dispose();
    throw error;
  }
}

/**
 * A trained model, frozen where nothing else is said. Its weights are `weights` in memory, or are fetched from `url`,
 * in a browser, Node, Bun and Deno alike, with `onProgress` told the bytes. `rename` says what another program's
 * tensors are here, `partial` that some parameters may keep their start; `report` says which did.
 * @throws CoxswainError naming the part of the plan, or the setting, that is missing or wrong; DownloadError for what
 * cannot be fetched; CheckpointError for a tensor that is missing, unknown or of another shape; NotFiniteError for a
 * weight that is NaN or infinite.
 */
export async function loadModel(device: Device, plan: ModelPlan & LoadOptions & WeightsSource): Promise<LoadedModel> {
  // A mistake in the settings is told before anything is fetched.
  settingsOf(kindOf(plan), plan.config);
  return restoreModel(device, { ...plan, ...(await fetchWeights(plan)) });
}
