/** The table: a row for every public operation, a file for each area. */
import { elementwise } from './elementwise.js';
import { reductions } from './reductions.js';
import type { Rows } from './row.js';
import { shape } from './shape.js';

export const rows: Rows = { ...elementwise, ...reductions, ...shape };

/** Functions that the operations' index exports and that are no operations on tensors, and why. */
export const notOperations: Readonly<Record<string, string>> = {
  inHalfPrecision: 'runs what is given to it; products in half precision have tests of their own',
  inPrecision: 'likewise',
  rectifyGradient: 'part of gradients',
  weightGradient: 'part of gradients',
};
