/** What tests of this system are about: the grid, both models, the system itself, and something that makes models. */
import { gridworldPinpad } from '@coxswain/envs/device';
import { openHouse, type Phase, SEQUENCE_MODEL, type System } from '@coxswain/lab';
import { hawk, transformer } from '@coxswain/transformer';
import { internalRl } from '../system.js';

/** Stands for whatever makes the sequence models that the system starts from; it is never run. */
const pretrain: Phase = {
  name: 'pretrain',
  about: 'Makes a sequence model.',
  sections: ['world', 'model'],
  inputs: [],
  makes: SEQUENCE_MODEL,
  leaves: 'result.json',
  answer: () => [],
  shortcuts: {},
  length: () => ({ steps: 1, unit: 'steps', saveEvery: 1 }),
  run: () => Promise.reject(new Error('no test runs it')),
};
const models: System = {
  name: 'models',
  sections: [],
  phases: [pretrain],
  report: { facts: () => [], warnings: () => [], charts: () => [], tables: () => [] },
};

openHouse({ worlds: [gridworldPinpad], models: [transformer, hawk], systems: [models, internalRl] });
