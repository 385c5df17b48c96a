/** Small pieces of WGSL that kernels share and import by name: `import fragments::{index, special};`. */
import advance from './advance.wgsl';
import attention from './attention.wgsl';
import attentionCache from './attention-cache.wgsl';
import attentionTiles from './attention-tiles.wgsl';
import decay from './decay.wgsl';
import erf from './erf.wgsl';
import exponential from './exponential.wgsl';
import fourRows from './four-rows.wgsl';
import gates from './gates.wgsl';
import index from './index.wgsl';
import launch from './launch.wgsl';
import logistic from './logistic.wgsl';
import nearZero from './near-zero.wgsl';
import nonfinite from './nonfinite.wgsl';
import order from './order.wgsl';
import philox from './philox.wgsl';
import power from './power.wgsl';
import privateWeights from './private-weights.wgsl';
import product from './product.wgsl';
import productElement from './product-element.wgsl';
import readers from './readers.wgsl';
import recurrence from './recurrence.wgsl';
import retreat from './retreat.wgsl';
import rows from './rows.wgsl';
import sequences from './sequences.wgsl';
import sharedWeights from './shared-weights.wgsl';
import softmaxRow from './softmax-row.wgsl';
import special from './special.wgsl';
import squares from './squares.wgsl';
import tiles from './tiles.wgsl';
import windows from './windows.wgsl';

/** The pieces by name. What each needs of the prelude stands at its top. */
export const fragments: Readonly<Record<string, string>> = {
  advance,
  attention,
  attentionCache,
  attentionTiles,
  decay,
  erf,
  exponential,
  fourRows,
  gates,
  index,
  launch,
  logistic,
  near_zero: nearZero,
  nonfinite,
  order,
  philox,
  power,
  privateWeights,
  product,
  productElement,
  readers,
  recurrence,
  retreat,
  rows,
  sequences,
  sharedWeights,
  softmax_row: softmaxRow,
  special,
  squares,
  tiles,
  windows,
};
