/** The sequence model that others start from, whichever phase makes it. */
import { NotMadeError } from '../errors.js';
import { house } from '../house.js';
import type { PhaseInput } from '../phase.js';

/** What a phase makes that trains a base (`Phase.makes`). */
export const SEQUENCE_MODEL = 'sequence-model';

export const BASE_INPUT: PhaseInput = {
  name: 'base',
  /** @throws NotMadeError where no phase makes sequence models. */
  get phase() {
    return makerOf(SEQUENCE_MODEL);
  },
  about: 'run folder of the base model',
  gives: ['world', 'model'],
  required: () => true,
};

function makerOf(kind: string): string {
  const maker = house().phases.find(({ makes }) => makes === kind);
  if (!maker) throw new NotMadeError(kind);
  return maker.name;
}
