/** Sizes of a model that reads rows and says classes, under the names that the peers know them by. */
import type { Space } from '@coxswain/base';
import type { TransformerConfig } from '@coxswain/transformer';

export interface Sizes extends Omit<TransformerConfig, 'observation' | 'action' | 'predicted'> {
  readonly vocabulary: number;
  readonly slots: number;
  readonly actions: number;
  readonly observationClasses: number;
}

const classesOf = (space: Space | undefined, what: string): number => {
  if (space?.kind !== 'discrete') throw new Error(`${what} of a benchmark is one of some classes`);
  return space.count;
};

export function sizesOf({ observation, action, predicted, ...sizes }: TransformerConfig): Sizes {
  if (observation.kind !== 'rows') throw new Error('the observation of a benchmark is rows of a table');
  const { rows: vocabulary, slots } = observation;
  const [actions, observationClasses] = [classesOf(action, 'action'), classesOf(predicted, 'predicted')];
  return { ...sizes, vocabulary, slots, actions, observationClasses };
}
