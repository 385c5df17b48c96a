/** The kinds of sequence models, by the name of the setting. */
import type { ParameterStore } from '@coxswain/tensor';
import type { ModelDefinition, ModelSpaces, SequenceModel } from '@coxswain/transformer';
import type { Config } from '../config.js';
import { house } from '../house.js';

/** Declares the model that the settings name. */
export function declareModel(store: ParameterStore, { model }: Pick<Config, 'model'>, spaces: ModelSpaces): SequenceModel {
  const kind = house().models.find(({ name }) => name === model.name) as ModelDefinition;
  return kind.declare(store, kind.settings.parse(model), spaces);
}
