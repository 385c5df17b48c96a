/** The toy command as one file that processes can run. */
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** Bundles it into a folder; gives the file. */
export async function bundleToy(folder: string): Promise<string> {
  const outfile = join(folder, 'toy.mjs');
  await build({
    entryPoints: [resolve(import.meta.dirname, 'toy-cli.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['source'],
    loader: { '.wgsl': 'text' },
    external: ['webgpu'],
    // A dependency in the older module format asks for modules by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outfile;
}
