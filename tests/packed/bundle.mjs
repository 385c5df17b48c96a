// The tests that hold kernels and what is built on them, as a file that Node alone runs: tests.mjs, with their data in
// tests/.
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
/** Where a device is in play. The lab's tests replace modules by others, which takes Vite. */
const folders = [
  ...['kernels', 'packages/tensor', 'packages/transformer', 'packages/metacontroller', 'packages/rl'].map((name) => `${name}/src`),
  'packages/tensor/test',
  'packages/envs/src/gridworld-pinpad/device',
];

/**
 * Those that start programs of their own do so from the sources; those that spy ask for all of vitest; two read the
 * sources themselves.
 */
const testFiles = () =>
  folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => `${folder}/${file}`.replaceAll('\\', '/')))
    .filter(
      (file) =>
        file.endsWith('.test.ts') &&
        !/'node:child_process'|\bvi\b.* from 'vitest'|'\.\/operations\/documented|'\.\.\/src\/ops\/'/.test(
          readFileSync(join(root, file), 'utf8'),
        ),
    )
    .sort();

/**
 * Sources find their data by their own place: to them it is that in tests/, where the data lies as in the repository.
 */
const ownPlace = {
  name: 'own-place',
  setup: (/** @type {import('esbuild').PluginBuild} */ bundler) =>
    bundler.onLoad({ filter: /\/(kernels|packages)\/.*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const place = JSON.stringify(`./tests/${relative(root, path).replaceAll('\\', '/')}`);
      return { contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`), loader: 'ts' };
    }),
};

/** @param {string} out folder @param {import('esbuild').BuildOptions} how every program of the folder is bundled */
export async function bundleTests(out, how) {
  const table = testFiles().map((file) => `  ${JSON.stringify(file)}: () => import(${JSON.stringify(`./${file}`)}),\n`);
  const contents = `import { main } from './tests/packed/main.ts';\nawait main({\n${table.join('')}});\n`;
  await build({
    ...how,
    stdin: { contents, resolveDir: root, sourcefile: 'tests.ts', loader: 'ts' },
    outfile: join(out, 'tests.mjs'),
    alias: { vitest: join(here, 'vitest.ts') },
    // Above each module the bundle names its file from there: run-file.ts reads it.
    absWorkingDir: root,
    plugins: [ownPlace],
  });
  for (const folder of ['kernels/golden', ...folders])
    for (const file of readdirSync(join(root, folder), { recursive: true }).map(String))
      if (file.endsWith('.safetensors')) cpSync(join(root, folder, file), join(out, 'tests', folder, file));
}
