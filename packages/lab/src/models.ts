/** The kinds of sequence models, by the name of the setting. */
import type { WorldSpaces } from '@coxswain/envs';
import type { ParameterStore } from '@coxswain/tensor';
import { Hawk, type SequenceModel, type SequenceModelConfig, Transformer } from '@coxswain/transformer';
import type { Config } from './settings/sections.js';

type Make = (store: ParameterStore, config: Config, spaces: WorldSpaces) => SequenceModel;

/** Sizes that all of them have. */
const sizesOf = ({ model }: Config, { observation, action, predicted }: WorldSpaces): SequenceModelConfig => ({
  width: model.width,
  depth: model.depth,
  mlp: model.mlp,
  observation,
  action,
  ...(predicted && { predicted }),
  initialisation: model.init,
  outputStd: model.outputStd,
  embeddingStd: model.embeddingStd,
  varianceScale: model.varianceScale,
});

const MODELS: Readonly<Record<Config['model']['name'], Make>> = {
  transformer: (store, config, spaces) => {
    const { heads, buckets, maxDistance, window } = config.model;
    return new Transformer(store, { ...sizesOf(config, spaces), heads, buckets, maxDistance, window: window ?? 0 });
  },
  hawk: (store, config, spaces) => {
    const { heads, taps } = config.model;
    return new Hawk(store, { ...sizesOf(config, spaces), heads, taps });
  },
};

/** Declares the model that the settings name; models made before there were others have no name in their config.json. */
export const declareModel: Make = (store, config, spaces) => MODELS[config.model.name ?? 'transformer'](store, config, spaces);
