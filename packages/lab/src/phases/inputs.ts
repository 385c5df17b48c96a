/** What phases and analyses start from. */
import type { PhaseInput } from '../phase.js';

export const BASE_INPUT: PhaseInput = {
  name: 'base',
  phase: 'pretrain',
  about: 'run folder of the base model',
  gives: ['world', 'model'],
  required: () => true,
};
