import type { z } from 'zod';
import type { ModelSpaces } from './definition.js';
import type { SequenceModelConfig } from './sequence-model.js';
import type { shared } from './settings.js';

/** The part of a model's configuration that shared settings are. */
export function sharedConfig(
  { width, depth, mlp, init, outputStd, embeddingStd, varianceScale }: z.output<typeof shared>,
  { observation, action, predicted }: ModelSpaces,
): SequenceModelConfig {
  const started = { initialisation: init, outputStd, embeddingStd, varianceScale };
  return { width, depth, mlp, observation, action, ...(predicted && { predicted }), ...started };
}
