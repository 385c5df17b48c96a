// The benchmarks as files that Node alone runs: bench.mjs, the peers, the Python files for PyTorch.
import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleTfjs } from './bundle-tfjs.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const versionIn = (/** @type {string | URL} */ file) => JSON.parse(readFileSync(file, 'utf8')).version;

/** What src/surroundings.ts says from source, for a folder that holds nothing but the bundle. */
const surroundings = () => `
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
export const folder = dirname(fileURLToPath(import.meta.url));
export const versions = ${JSON.stringify({
  kernels: versionIn(join(here, '../kernels/package.json')),
  webgpu: versionIn(createRequire(import.meta.url).resolve('webgpu/package.json')),
  jax: versionIn(new URL('../package.json', import.meta.resolve('@jax-js/jax'))),
})};
export const loadTfjs = () => import('./tfjs.mjs');
`;

/** @param {string} out folder @param {import('esbuild').BuildOptions} how every program of the folder is bundled */
export async function bundleBench(out, how) {
  await bundleTfjs(join(out, 'tfjs.mjs'));
  await build({
    ...how,
    entryPoints: [join(here, 'src/main.ts')],
    outfile: join(out, 'bench.mjs'),
    external: ['./tfjs.mjs'],
    plugins: [
      {
        name: 'surroundings',
        setup: (bundler) => bundler.onLoad({ filter: /bench\/src\/surroundings\.ts$/ }, () => ({ contents: surroundings() })),
      },
    ],
  });
  cpSync(join(here, 'torch'), join(out, 'torch'), { recursive: true, filter: (file) => !file.includes('__pycache__') });
}
