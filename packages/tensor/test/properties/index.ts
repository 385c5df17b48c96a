/** The table: a row for every public operation, a file for each area. */
import { attention } from './attention.js';
import { choleskys } from './cholesky.js';
import { draws } from './draws.js';
import { elementwise } from './elementwise.js';
import { folds } from './folds.js';
import { images } from './images.js';
import { gaussians, norms, vicreg } from './norms.js';
import { policies } from './policies.js';
import { products } from './products.js';
import { recurrences } from './recurrences.js';
import { reductions } from './reductions.js';
import type { Rows } from './row.js';
import { shape } from './shape.js';
import { views } from './views.js';

const areas: readonly Rows[] = [
  elementwise,
  reductions,
  folds,
  shape,
  views,
  products,
  images,
  choleskys,
  vicreg,
  norms,
  gaussians,
  policies,
  recurrences,
  attention,
  draws,
];

export const rows: Rows = Object.assign({}, ...areas);

/** Functions that the operations' index exports and that are no operations on tensors, and why. */
export const notOperations: Readonly<Record<string, string>> = {
  functionOf: 'makes operations: docs/add-an-operation.md, whose test runs one',
  inHalfPrecision: 'runs what is given to it; products in half precision have tests of their own',
  inPrecision: 'likewise',
  recurrent: 'runs the cell that it is given: gru and rnn do it with theirs, docs/add-an-operation.md with one of its own',
  rectifyGradient: 'part of gradients',
  weightGradient: 'part of gradients',
};
