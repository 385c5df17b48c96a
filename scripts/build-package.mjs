// Builds the package in the current folder to dist/: esbuild bundles every entry that package.json's `exports` and
// `bin` name (WGSL as text, dependencies left as imports, what entries share in chunks), tsc writes their declarations.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

rmSync(join(folder, 'dist'), { recursive: true, force: true });
await build({
  absWorkingDir: folder,
  entryPoints: entries,
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  loader: { '.wgsl': 'text' },
  sourcemap: true,
  logLevel: 'warning',
});

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

// A stranger's compiler has to find every name. WebGPU's are in its DOM library; disposal is in a library it may not
// have asked for, and a WGSL module has no types at all.
for (const file of readdirSync(join(folder, 'dist'), { recursive: true }).map(String)) {
  if (!file.endsWith('.d.ts')) continue;
  const path = join(folder, 'dist', file);
  const text = readFileSync(path, 'utf8');
  if (/from '[^']*\.wgsl'/.test(text))
    throw new Error(`${manifest.name}: ${file} names a .wgsl module; give the export that holds it a type`);
  if (/\b(Symbol\.(asyncD|d)ispose|(Async)?Disposable)\b/.test(text))
    writeFileSync(path, `/// <reference lib="esnext.disposable" />\n${text}`);
}
