// Packs the whole suite into one folder, for a GPU machine without a network or without this repository:
//   npm run bench:pack -- FOLDER          then, there:   node FOLDER/bench.mjs --peers --minutes 8
// The folder gets bench.mjs, the peers, Dawn for this platform and the Python files for PyTorch, and at the end results/.
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleTfjs } from './bundle-tfjs.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [target] = process.argv.slice(2);
if (!target) {
  console.error('usage: npm run bench:pack -- FOLDER');
  process.exit(2);
}
const out = resolve(target);
mkdirSync(out, { recursive: true });

const packageOf = (/** @type {string} */ name) => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
const versionIn = (/** @type {string | URL} */ file) => JSON.parse(readFileSync(file, 'utf8')).version;
const versions = {
  kernels: versionIn(join(here, '../kernels/package.json')),
  webgpu: versionIn(join(packageOf('webgpu'), 'package.json')),
  jax: versionIn(new URL('../package.json', import.meta.resolve('@jax-js/jax'))),
};
const surroundings = `
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
export const folder = dirname(fileURLToPath(import.meta.url));
export const versions = ${JSON.stringify(versions)};
export const loadTfjs = () => import('./tfjs.mjs');
`;

await bundleTfjs(join(out, 'tfjs.mjs'));
await build({
  entryPoints: [join(here, 'src/main.ts')],
  outfile: join(out, 'bench.mjs'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  conditions: ['source'],
  loader: { '.wgsl': 'text' },
  external: ['./tfjs.mjs'],
  plugins: [
    {
      name: 'surroundings',
      setup: (bundler) => bundler.onLoad({ filter: /bench\/src\/surroundings\.ts$/ }, () => ({ contents: surroundings })),
    },
  ],
});
const dawn = join('dist', `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`);
cpSync(join(packageOf('webgpu'), dawn), join(out, dawn), { recursive: true });
cpSync(join(here, 'torch'), join(out, 'torch'), { recursive: true, filter: (file) => !file.includes('__pycache__') });
console.log(`node ${join(target, 'bench.mjs')} --peers --minutes 8`);
