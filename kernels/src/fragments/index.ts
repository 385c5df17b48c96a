/** Small pieces of WGSL that kernels share and import by name: `import fragments::{index, special};`. */
import index from './index.wgsl';
import launch from './launch.wgsl';
import product from './product.wgsl';
import productElement from './product-element.wgsl';
import readers from './readers.wgsl';
import special from './special.wgsl';
import tiles from './tiles.wgsl';
import windows from './windows.wgsl';

/** The pieces by name. What each needs of the prelude stands at its top. */
export const fragments: Readonly<Record<string, string>> = { launch, index, special, tiles, product, productElement, windows, readers };
