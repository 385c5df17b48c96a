/** What analyses start from. */
import type { PhaseInput } from '@coxswain/lab';

export const CONTROLLER: PhaseInput = {
  name: 'controller',
  phase: 'discover',
  about: 'run folder of the metacontroller, trained on that base',
  gives: ['metacontroller', 'discover'],
  mayGive: ['stages'],
  required: () => true,
};
