/** Small pieces of WGSL that kernels share and import by name: `import fragments::{index, special};`. */

import attention from './attention.wgsl';
import attentionCache from './attention-cache.wgsl';
import attentionTiles from './attention-tiles.wgsl';
import erf from './erf.wgsl';
import exponential from './exponential.wgsl';
import index from './index.wgsl';
import launch from './launch.wgsl';
import logistic from './logistic.wgsl';
import nearZero from './near-zero.wgsl';
import nonfinite from './nonfinite.wgsl';
import order from './order.wgsl';
import philox from './philox.wgsl';
import power from './power.wgsl';
import product from './product.wgsl';
import productElement from './product-element.wgsl';
import readers from './readers.wgsl';
import rows from './rows.wgsl';
import softmaxRow from './softmax-row.wgsl';
import special from './special.wgsl';
import squares from './squares.wgsl';
import tiles from './tiles.wgsl';
import windows from './windows.wgsl';

/** The pieces by name. What each needs of the prelude stands at its top. */
export const fragments: Readonly<Record<string, string>> = {
  attention,
  attentionCache,
  attentionTiles,
  erf,
  exponential,
  index,
  launch,
  logistic,
  near_zero: nearZero,
  nonfinite,
  order,
  philox,
  power,
  product,
  productElement,
  readers,
  rows,
  softmax_row: softmaxRow,
  special,
  squares,
  tiles,
  windows,
};
