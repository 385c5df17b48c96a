// Packs what a machine without a network or without this repository needs, for this platform, into one folder:
//   npm run pack -- FOLDER [--node] [--tests] [--models]
// then, there:
//   node FOLDER/coxswain.mjs --help     node FOLDER/bench.mjs --peers --minutes 8
// The folder gets coxswain.mjs, bench.mjs with its peers, Dawn, the sweeps and the shipped models; with --node, Node
// itself; with --tests, tests.mjs, which says whether the kernels and what is built on them are right there; with
// --models, the stored models of grid-small. quarter-hour.mjs, which needs these, runs what docs/gpu-agenda.md lists.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleBench } from '../bench/bundle.mjs';
import { bundleTests } from '../tests/packed/bundle.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [target, ...rest] = process.argv.slice(2);
if (!target || target.startsWith('-') || rest.some((option) => !['--node', '--tests', '--models'].includes(option))) {
  console.error('usage: npm run pack -- FOLDER [--node] [--tests] [--models]');
  process.exit(2);
}
const out = resolve(target);
mkdirSync(out, { recursive: true });

/** @type {import('esbuild').BuildOptions} */
const how = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['source'],
  loader: { '.wgsl': 'text' },
  logLevel: 'warning',
  // Some dependencies ask for Node's own modules by `require`, which ES modules have to make for themselves.
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
};
const { version } = JSON.parse(readFileSync(join(root, 'packages/coxswain/package.json'), 'utf8'));
const git = spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'], { cwd: root, encoding: 'utf8' });
const packed = { version, ...(git.status === 0 ? { commit: git.stdout.trim() } : {}) };
await build({
  ...how,
  entryPoints: [join(root, 'packages/coxswain/src/cli.ts')],
  outfile: join(out, 'coxswain.mjs'),
  define: { COXSWAIN_VERSION: JSON.stringify(packed) },
});
// The threads of the ant look for their program, and their engine for its WASM, beside what starts them.
await build({ ...how, entryPoints: [join(root, 'packages/envs-ant/src/node/worker.ts')], outfile: join(out, 'ant-worker.mjs') });
const ant = createRequire(join(root, 'packages/envs-ant/package.json'));
cpSync(ant.resolve('@mujoco/mujoco/mujoco.wasm'), join(out, 'mujoco.wasm'));
await bundleBench(out, how);
const programs = ['coxswain.mjs', 'bench.mjs'];
if (rest.includes('--tests')) {
  await bundleTests(out, how);
  programs.push('tests.mjs');
}

const webgpu = dirname(createRequire(import.meta.url).resolve('webgpu/package.json'));
const dawn = join('dist', `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`);
cpSync(join(webgpu, dawn), join(out, dawn), { recursive: true });
cpSync(join(root, 'sweeps'), join(out, 'sweeps'), { recursive: true });
cpSync(join(root, 'packages/models/grid-mini'), join(out, 'models/grid-mini'), { recursive: true });
if (rest.includes('--models')) cpSync(join(root, 'docs/results/models/grid-small'), join(out, 'models/grid-small'), { recursive: true });
cpSync(join(root, 'scripts/quarter-hour.mjs'), join(out, 'quarter-hour.mjs'));
if (rest.includes('--node')) {
  mkdirSync(join(out, 'bin'), { recursive: true });
  cpSync(process.execPath, join(out, 'bin', 'node'));
}
console.log(`${programs.map((name) => join(target, name)).join(', ')} are there; models and sweeps lie beside them.`);
