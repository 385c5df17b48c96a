/** Commands as one file that processes can run. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const sourceRoot = resolve(import.meta.dirname, '../../..');
const webgpu = createRequire(join(sourceRoot, 'packages/tensor/package.json')).resolve('webgpu');

/** Bundles a program of this package into a folder, but for packages that are not to be in it; gives the file. */
async function bundle(entry: string, outfile: string, external: string[] = []): Promise<string> {
  await build({
    entryPoints: [resolve(import.meta.dirname, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external,
    conditions: ['source'],
    loader: { '.wgsl': 'text' },
    // A dependency in the older module format asks for modules by `require`.
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
    // The native module stays where it is installed.
    plugins: [
      {
        name: 'webgpu',
        setup: ({ onResolve }) => onResolve({ filter: /^webgpu$/ }, () => ({ path: pathToFileURL(webgpu).href, external: true })),
      },
    ],
  });
  return outfile;
}

/** The toy command, as where the packages in `without` are not installed. */
export const bundleToy = (folder: string, without: string[] = []): Promise<string> =>
  bundle('toy-cli.ts', join(folder, `${['toy', ...without].join('-without-')}.mjs`), without);

/** The real one. */
export const bundleCoxswain = (folder: string): Promise<string> => bundle('../src/cli.ts', join(folder, 'coxswain.mjs'));
