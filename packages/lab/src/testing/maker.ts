/** Stands in tests for whatever makes the sequence models that a system starts from. */
import { SEQUENCE_MODEL } from '../models/inputs.js';
import type { Phase } from '../phase.js';
import type { System } from '../system.js';

/** A phase that makes sequence models by its declaration alone. */
export const makerOfModels = (name: string): Phase => ({
  name,
  about: 'Makes a sequence model.',
  sections: ['world', 'model'],
  inputs: [],
  makes: SEQUENCE_MODEL,
  leaves: 'result.json',
  answer: () => [],
  shortcuts: {},
  length: () => ({ steps: 1, unit: 'steps', saveEvery: 1 }),
  run: () => Promise.reject(new Error('no test runs it')),
});

/** A report that says nothing. */
export const NO_REPORT: System['report'] = { facts: () => [], warnings: () => [], charts: () => [], tables: () => [] };
