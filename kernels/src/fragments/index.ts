/** Small pieces of WGSL that kernels share and import by name: `import fragments::{index, special};`. */
import index from './index.wgsl';
import launch from './launch.wgsl';
import order from './order.wgsl';
import rows from './rows.wgsl';
import special from './special.wgsl';

/** The pieces by name. What each needs of the prelude stands at its top. */
export const fragments: Readonly<Record<string, string>> = { launch, index, order, rows, special };
