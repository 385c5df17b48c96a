import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { HANGS_MS } from './tests/limit.ts';

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
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    include: [
      'kernels/src/**/*.test.ts',
      'bench/**/*.test.ts',
      'packages/*/{src,test}/**/*.test.ts',
      'examples/**/*.test.ts',
      'tests/**/*.test.ts',
    ],
    // Each file in its own process, so that a device lost in one cannot reach the next. Most of a test's time is one thread's
    // (compiling shaders, encoding): the software driver is kept to one thread and the files run side by side instead.
    pool: 'forks',
    env: { LP_NUM_THREADS: '0' },
    maxWorkers: Math.min(4, availableParallelism()),
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    teardownTimeout: HANGS_MS,
  },
});
