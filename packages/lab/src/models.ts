/** The kinds of sequence models, by the name of the setting. */
import type { WorldSpaces } from '@coxswain/envs';
import type { ParameterStore } from '@coxswain/tensor';
import {
  Hawk,
  type HawkSettings,
  hawkSettings,
  type SequenceModel,
  type SequenceModelConfig,
  Transformer,
  type TransformerSettings,
  transformerSettings,
} from '@coxswain/transformer';
import type { Config } from './config.js';
import type { Kind } from './settings/section.js';

/** A model's settings, and what they make. */
interface ModelKind extends Kind {
  declare(store: ParameterStore, settings: object, sizes: SequenceModelConfig): SequenceModel;
}

const transformer: ModelKind = {
  ...transformerSettings,
  check: (settings) => transformerSettings.check(settings as TransformerSettings),
  declare: (store, settings, sizes) => {
    const { heads, buckets, maxDistance, window } = settings as TransformerSettings;
    return new Transformer(store, { ...sizes, heads, buckets, maxDistance, window });
  },
};

const hawk: ModelKind = {
  ...hawkSettings,
  check: (settings) => hawkSettings.check(settings as HawkSettings),
  declare: (store, settings, sizes) => {
    const { heads, taps } = settings as HawkSettings;
    return new Hawk(store, { ...sizes, heads, taps });
  },
};

/** Every model that `model.name` can name; the first is the default. */
export const MODELS: readonly ModelKind[] = [transformer, hawk];

/** What those models have in common beside their width and depth. */
const sharedOf = ({ model }: Pick<Config, 'model'>): HawkSettings => model as unknown as HawkSettings;

/** Declares the model that the settings name. */
export function declareModel(store: ParameterStore, config: Config, { observation, action, predicted }: WorldSpaces): SequenceModel {
  const { width, depth, mlp, init, outputStd, embeddingStd, varianceScale } = sharedOf(config);
  const sizes: SequenceModelConfig = {
    width,
    depth,
    mlp,
    observation,
    action,
    ...(predicted && { predicted }),
    initialisation: init,
    outputStd,
    embeddingStd,
    varianceScale,
  };
  const kind = MODELS.find(({ name }) => name === config.model.name) as ModelKind;
  return kind.declare(store, config.model, sizes);
}
