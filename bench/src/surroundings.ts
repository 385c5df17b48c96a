/**
 * What the suite finds around itself when it runs from source. `bench/bundle.mjs` puts a module of the same names in
 * its place.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Holds `results` and `torch`. */
export const folder = join(dirname(fileURLToPath(import.meta.url)), '..');

const versionIn = (file: string | URL): string => (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;

export const versions = {
  kernels: versionIn(join(folder, '../kernels/package.json')),
  webgpu: versionIn(createRequire(import.meta.url).resolve('webgpu/package.json')),
  // Its package.json is not among its exports.
  jax: versionIn(new URL('../package.json', import.meta.resolve('@jax-js/jax'))),
};

/** TensorFlow.js, bundled: its packages do not fit together otherwise. */
export async function loadTfjs(): Promise<typeof import('@tensorflow/tfjs-core')> {
  const into = mkdtempSync(join(tmpdir(), 'coxswain-bench-'));
  try {
    const outfile = join(into, 'tfjs.mjs');
    const { bundleTfjs } = await import('../bundle-tfjs.mjs');
    await bundleTfjs(outfile);
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(into, { recursive: true });
  }
}
