/** The kinds of sequence models, by the name of the setting. */
import type { GridObservation } from '@coxswain/envs';
import type { Initialiser, ParameterStore } from '@coxswain/tensor';
import { Hawk, type SequenceModel, type SequenceModelConfig, Transformer } from '@coxswain/transformer';
import type { Config } from './settings/sections.js';

type Make = (store: ParameterStore, config: Config, space: GridObservation, embedding: Initialiser) => SequenceModel;

/** Sizes that all of them have. */
const sizesOf = ({ model, world }: Config, space: GridObservation): SequenceModelConfig => ({
  width: model.width,
  depth: model.depth,
  mlp: model.mlp,
  vocabulary: space.rows,
  slots: space.slots,
  actions: 4,
  observationClasses: world.size ** 2,
  initialisation: model.init,
  outputStd: model.outputStd,
  varianceScale: model.varianceScale,
});

const MODELS: Readonly<Record<Config['model']['name'], Make>> = {
  transformer: (store, config, space, embedding) => {
    const { heads, buckets, maxDistance, window } = config.model;
    return new Transformer(store, { ...sizesOf(config, space), heads, buckets, maxDistance, window: window ?? 0 }, embedding, true);
  },
  hawk: (store, config, space, embedding) => {
    const { heads, taps } = config.model;
    return new Hawk(store, { ...sizesOf(config, space), heads, taps }, embedding, true);
  },
};

/** Declares the model that the settings name; models made before there were others have no name in their config.json. */
export const declareModel: Make = (store, config, space, embedding) =>
  MODELS[config.model.name ?? 'transformer'](store, config, space, embedding);
