/** Small pieces of WGSL that kernels share and import by name: `import fragments::{index, special};`. */
import advance from './advance.wgsl';
import decay from './decay.wgsl';
import fourRows from './four-rows.wgsl';
import gates from './gates.wgsl';
import index from './index.wgsl';
import launch from './launch.wgsl';
import privateWeights from './private-weights.wgsl';
import recurrence from './recurrence.wgsl';
import retreat from './retreat.wgsl';
import sequences from './sequences.wgsl';
import sharedWeights from './shared-weights.wgsl';
import special from './special.wgsl';

/** The pieces by name. What each needs of the prelude stands at its top. */
export const fragments: Readonly<Record<string, string>> = {
  ...{ launch, index, special, gates, decay },
  ...{ sequences, recurrence, advance, retreat, privateWeights, sharedWeights, fourRows },
};
