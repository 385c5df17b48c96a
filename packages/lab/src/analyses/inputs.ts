/** What analyses start from. */
import type { PhaseInput } from '../phase.js';

export const BASE: PhaseInput = {
  name: 'base',
  phase: 'pretrain',
  about: 'run folder of the base model',
  gives: ['world', 'model'],
  required: () => true,
};

export const CONTROLLER: PhaseInput = {
  name: 'controller',
  phase: 'discover',
  about: 'run folder of the metacontroller, trained on that base',
  gives: ['metacontroller', 'discover'],
  mayGive: ['stages'],
  required: () => true,
};
