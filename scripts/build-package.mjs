// Builds the package in the current folder to dist/, from the entries that package.json's `exports` and `bin` name:
// esbuild writes a file for each module, or with `--bundle` few files; WGSL becomes text, dependencies stay imports.
// tsc writes their declarations with maps to src/.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = process.cwd();
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The strings at the leaves of a manifest's field. @param {unknown} value @returns {string[]} */
const leaves = (value) =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : value === undefined ? [] : [String(value)];
/** Every `./dist/NAME.js` that the manifest names, as its source file `src/NAME.ts`. */
const targets = leaves([manifest.exports, manifest.bin]);
const entries = [...new Set(targets.flatMap((target) => /^(?:\.\/)?dist\/(.+)\.js$/.exec(target)?.[1] ?? []))].map(
  (name) => `src/${name}.ts`,
);
const missing = entries.filter((entry) => !existsSync(join(folder, entry)));
if (missing.length) throw new Error(`${manifest.name}: package.json names outputs whose sources are not there: ${missing.join(', ')}`);

/** Files of dist/ with one of these endings. @param {string} ending */
const written = (ending) =>
  readdirSync(join(folder, 'dist'), { recursive: true })
    .map((file) => join(folder, 'dist', String(file)))
    .filter((file) => file.endsWith(ending));

/** @param {string} file @param {(text: string) => string} change */
function rewrite(file, change) {
  const text = readFileSync(file, 'utf8');
  const changed = change(text);
  if (changed !== text) writeFileSync(file, changed);
}

rmSync(join(folder, 'dist'), { recursive: true, force: true });
/** @type {import('esbuild').BuildOptions} */
const how = {
  absWorkingDir: folder,
  outdir: 'dist',
  outbase: 'src',
  packages: 'external',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  loader: { '.wgsl': 'text' },
  sourcemap: true,
  // Sources are published beside dist/.
  sourcesContent: false,
  logLevel: 'warning',
};
const bundled = { ...how, entryPoints: entries, bundle: true, splitting: true };
// Few files start faster. A file a module is for who bundles: every module that is not used is left out.
if (process.argv.includes('--bundle')) await build(bundled);
else {
  const { inputs } = (await build({ ...bundled, write: false, metafile: true })).metafile;
  const own = Object.keys(inputs);
  await build({ ...how, entryPoints: own.filter((file) => file.endsWith('.ts')) });
  for (const file of own.filter((name) => name.endsWith('.wgsl'))) {
    const target = join(folder, file.replace(/^src/, 'dist').concat('.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, `export default ${JSON.stringify(readFileSync(join(folder, file), 'utf8'))};\n`);
  }
  for (const file of written('.js')) rewrite(file, (text) => text.replace(/(from ")(\.[^"]*\.wgsl)(")/g, '$1$2.js$3'));
}

// Dependencies are read through their built declarations, so that none of their sources counts as this package's.
const project = join(folder, 'dist/.tsconfig.json');
const ambient = readdirSync(join(folder, 'src')).filter((name) => name.endsWith('.d.ts'));
writeFileSync(
  project,
  JSON.stringify({
    extends: relative(dirname(project), join(root, 'tsconfig.json')),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      declarationMap: true,
      emitDeclarationOnly: true,
      allowJs: false,
      checkJs: false,
      customConditions: [],
      rootDir: '../src',
      outDir: '.',
    },
    files: [...entries, ...ambient.map((name) => `src/${name}`)].map((file) => `../${file}`),
    include: [],
  }),
);
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], { stdio: 'inherit' });
rmSync(project);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

// A stranger's compiler has to find every name, from TypeScript 5.5 on: disposal is in a library it may not have asked
// for, arrays name their buffer only from 5.7 on, and a WGSL module has no types at all.
for (const file of written('.d.ts')) {
  const text = readFileSync(file, 'utf8');
  if (/from '[^']*\.wgsl'/.test(text))
    throw new Error(`${manifest.name}: ${file} names a .wgsl module; give the export that holds it a type`);
  const disposes = /\b(Symbol\.(asyncD|d)ispose|(Async)?Disposable)\b/.test(text);
  rewrite(
    file,
    (before) =>
      (disposes ? '/// <reference lib="esnext.disposable" />\n' : '') +
      before.replace(/\b(\w+Array)<ArrayBuffer>/g, 'ReturnType<$1Constructor["of"]>').replace(/\b(\w+Array)<ArrayBufferLike>/g, '$1'),
  );
  // A line more before the first of the map, too.
  if (disposes) rewrite(`${file}.map`, (map) => map.replace('"mappings":"', '"mappings":";'));
}
