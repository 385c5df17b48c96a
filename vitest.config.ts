import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** `.wgsl` files are imported as their text, in tests as in the built packages. */
const wgsl = {
  name: 'wgsl-text',
  enforce: 'pre' as const,
  load(id: string) {
    if (!id.endsWith('.wgsl')) return undefined;
    return `export default ${JSON.stringify(readFileSync(id, 'utf8'))};`;
  },
};

export default defineConfig({
  plugins: [wgsl],
  // The package's Node entry is CommonJS under an ES module name; its browser entry loads everywhere.
  resolve: { conditions: ['source'], alias: { wgsl_reflect: 'wgsl_reflect/wgsl_reflect.module.js' } },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    include: [
      'kernels/src/**/*.test.ts',
      'bench/**/*.test.ts',
      'packages/*/{src,test}/**/*.test.ts',
      'examples/**/*.test.ts',
      'tests/**/*.test.ts',
    ],
    // A software Vulkan driver uses every core by itself: files run one after another, each in its own process,
    // so that a device lost in one cannot reach the next.
    server: { deps: { inline: ['wgsl_reflect'] } },
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
