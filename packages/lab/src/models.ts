/** The kinds of sequence models, by the name of the setting. */
import type { ParameterStore } from '@coxswain/tensor';
import { hawk, type ModelDefinition, type ModelSpaces, type SequenceModel, transformer } from '@coxswain/transformer';
import type { Config } from './config.js';

/** Every model that `model.name` can name; the first is the default. */
export const MODELS: readonly ModelDefinition[] = [transformer, hawk];

/** Declares the model that the settings name. */
export function declareModel(store: ParameterStore, { model }: Pick<Config, 'model'>, spaces: ModelSpaces): SequenceModel {
  const kind = MODELS.find(({ name }) => name === model.name) as ModelDefinition;
  return kind.declare(store, kind.settings.parse(model), spaces);
}
