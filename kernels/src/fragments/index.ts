/** Small pieces of WGSL that kernels share and import by name: `import fragments::{index, special};`. */
import attention from './attention.wgsl';
import attentionCache from './attention-cache.wgsl';
import attentionTiles from './attention-tiles.wgsl';
import index from './index.wgsl';
import launch from './launch.wgsl';
import special from './special.wgsl';

/** The pieces by name. What each needs of the prelude stands at its top. */
export const fragments: Readonly<Record<string, string>> = { launch, index, special, attention, attentionTiles, attentionCache };
