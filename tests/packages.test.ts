/**
 * Every package, packed as it would be published, installs from its tarball into an empty project and runs and compiles
 * a three-line program.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAll, type Package, pack, packages, root, run } from '../scripts/packages.mjs';

/** What a newcomer would write first with each package, what it prints, and which other packages it names. */
const programs: Record<string, { text: string; prints: string; also?: string[] }> = {
  '@coxswain/base': {
    text: `
import { CounterRandom, EXIT_CODES } from '@coxswain/base';
const random = new CounterRandom(1);
random.seek(0, 7); // stream 0, episode 7
console.log(random.below(100), EXIT_CODES['bad-seed']);`,
    prints: '3 33',
  },
  '@coxswain/kernels': {
    text: `
import { fill, specialise } from '@coxswain/kernels';
const text = specialise(fill, { count: 1000, value: 1 }, { family: 'software', f16: false });
console.log(fill.name, text.includes('@compute'));`,
    prints: 'fill true',
  },
  '@coxswain/tensor': {
    text: `
import { add } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
const device = await requestDevice();
const x = device.tensor(new Float32Array([1, 2, 3, 4]), [2, 2]);
console.log(...(await add(x, x).read()));`,
    prints: '2 4 6 8',
  },
  '@coxswain/transformer': {
    also: ['@coxswain/base', '@coxswain/tensor'],
    text: `
import { discreteSpace, rowsSpace } from '@coxswain/base';
import { HostRandom, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { Transformer } from '@coxswain/transformer';
const spaces = { observation: rowsSpace(9, 1), action: discreteSpace(4) };
const sizes = { width: 16, depth: 2, heads: 2, mlp: 32, buckets: 8, maxDistance: 16 };
const device = await requestDevice();
const model = new Transformer(new ParameterStore(device), { ...spaces, ...sizes, initialisation: 'small-output' });
model.store.finish(new HostRandom(1));
console.log(model.forward(device.tensor(new Int32Array([3, 8]), [2, 1]), { batch: 1, time: 2 }).action.parameters[0].shape);`,
    prints: '[ 2, 4 ]',
  },
  '@coxswain/metacontroller': {
    also: ['@coxswain/tensor'],
    text: `
import { Metacontroller } from '@coxswain/metacontroller';
import { HostRandom, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
const sizes = { width: 16, latent: 4, history: 8, embedding: 8, encoder: 8, switch: 8, decoder: 8, rank: 4, pooled: false, switchBias: -2 };
const device = await requestDevice();
const controller = new Metacontroller(new ParameterStore(device), sizes);
controller.store.finish(new HostRandom(1));
console.log(controller.steer(device.zeros([3, 4]), device.zeros([3, 16])).shape);`,
    prints: '[ 3, 16 ]',
  },
  '@coxswain/envs': {
    text: `
import { GRID_MINI, GridworldPinpad } from '@coxswain/envs';
const { world, pretraining, horizon } = GRID_MINI;
const worlds = new GridworldPinpad({ world, tasks: pretraining, horizon, environments: 2 });
worlds.reset(1);
console.log(worlds.step([0, 3]).reward);`,
    prints: 'Float32Array(2) [ 0, 0 ]',
  },
  '@coxswain/rl': {
    also: ['@coxswain/envs', '@coxswain/tensor', '@coxswain/transformer'],
    text: `
import { GRID_MINI, GridworldPinpad } from '@coxswain/envs';
import { evaluate, Rollout } from '@coxswain/rl';
import { HostRandom, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { Transformer } from '@coxswain/transformer';
const environment = new GridworldPinpad({ world: GRID_MINI.world, tasks: ['0123'], horizon: 12, environments: 8 });
const spaces = { observation: environment.observationSpace, action: environment.actionSpace };
const sizes = { width: 16, depth: 2, heads: 2, mlp: 32, buckets: 8, maxDistance: 16 };
const model = new Transformer(new ParameterStore(await requestDevice()), { ...spaces, ...sizes, initialisation: 'small-output' });
model.store.finish(new HostRandom(1));
console.log((await evaluate(new Rollout({ model, environment, seed: 1 }), 8)).success);`,
    prints: '0',
  },
  '@coxswain/lab': {
    also: ['@coxswain/envs', '@coxswain/transformer'],
    text: `
import { gridworldPinpad } from '@coxswain/envs';
import { openHouse, preset } from '@coxswain/lab';
import { transformer } from '@coxswain/transformer';
openHouse({ worlds: [gridworldPinpad], models: [transformer], systems: [] });
const { world, model } = preset('grid-mini');
console.log(world.tasks.length, model.name);`,
    prints: '16 transformer',
  },
  '@coxswain/imitation': {
    also: ['@coxswain/envs', '@coxswain/lab', '@coxswain/transformer'],
    text: `
import { gridworldPinpad } from '@coxswain/envs';
import { imitation } from '@coxswain/imitation';
import { openHouse, preset } from '@coxswain/lab';
import { transformer } from '@coxswain/transformer';
openHouse({ worlds: [gridworldPinpad], models: [transformer], systems: [imitation] });
console.log(preset('grid-small').pretrain.batch);`,
    prints: '512',
  },
  '@coxswain/internal-rl': {
    also: ['@coxswain/envs', '@coxswain/lab', '@coxswain/transformer'],
    text: `
import { gridworldPinpad } from '@coxswain/envs';
import { internalRl } from '@coxswain/internal-rl';
import { openHouse, preset } from '@coxswain/lab';
import { transformer } from '@coxswain/transformer';
openHouse({ worlds: [gridworldPinpad], models: [transformer], systems: [internalRl] });
console.log(preset('grid-mini').reinforce.task, internalRl.phases.map(({ name }) => name).join(', '));`,
    prints: '0123 discover, skills, supervise, reinforce, evaluate',
  },
  coxswain: {
    text: `
import { PHASES, systems, worlds } from 'coxswain';
console.log(systems.map(({ name }) => name).join(', '), worlds[0].name, PHASES.length);`,
    prints: 'imitation, internal-rl gridworld-pinpad 6',
  },
};

const folder = mkdtempSync(join(tmpdir(), 'coxswain-strangers-'));
const all = packages();
const tarballs = new Map<string, string>();

beforeAll(() => {
  buildAll();
  for (const built of all) tarballs.set(built.name, pack(built, folder));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Names of the packages of this repository that `name` needs, itself left out, however far away. */
function closure(name: string, found = new Set<string>()): Set<string> {
  const { dependencies } = all.find((one) => one.name === name) as Package;
  for (const dependency of dependencies) {
    if (found.has(dependency)) continue;
    found.add(dependency);
    closure(dependency, found);
  }
  return found;
}

/**
 * An empty project that depends on one tarball and those its program names; what they need of each other comes from
 * tarballs too.
 */
function emptyProject(name: string, also: readonly string[] = []): string {
  const project = mkdtempSync(join(folder, 'project-'));
  const overrides = Object.fromEntries([...closure(name)].map((dependency) => [dependency, `file:${tarballs.get(dependency)}`]));
  const dependencies = Object.fromEntries([name, ...also].map((wanted) => [wanted, `file:${tarballs.get(wanted)}`]));
  const manifest = { name: 'stranger', private: true, type: 'module', dependencies, overrides };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  // pnpm reads overrides from here, npm from package.json.
  writeFileSync(join(project, 'pnpm-workspace.yaml'), JSON.stringify({ overrides }));
  return project;
}

/** A program without what formatting changes. */
const bare = (text: string) => text.replace(/\s+|,(?=\s*})/g, '');

describe.each(all)('$name', ({ name, folder: home }) => {
  it('shows this program and what it prints in its README', () => {
    const { text, prints } = programs[name];
    expect(bare(readFileSync(join(home, 'README.md'), 'utf8'))).toContain(bare(`${text}// ${prints}`));
  });

  it('installs, runs and compiles outside the repository', () => {
    const { text, prints, also } = programs[name];
    const project = emptyProject(name, also);
    // pnpm lets a package see only what it declares, so a dependency that is not declared fails here.
    run('pnpm', ['install', '--prefer-offline', '--ignore-scripts'], project);
    writeFileSync(join(project, 'program.mts'), text);
    writeFileSync(join(project, 'program.mjs'), text);
    const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, types: [] };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.mts'] }));
    expect(run(process.execPath, ['program.mjs'], project).trim()).toBe(prints);
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], project);
  });
});

it('takes a world of a file, beside which nothing is installed but the command, to a success rate', () => {
  const project = emptyProject('coxswain');
  run('pnpm', ['install', '--prefer-offline', '--ignore-scripts'], project);
  const elsewhere = mkdtempSync(join(folder, 'world-'));
  copyFileSync(join(root, 'examples/my-world.ts'), join(elsewhere, 'my-world.ts'));
  const coxswain = (...args: string[]) => run(join(project, 'node_modules/.bin/coxswain'), args, elsewhere);
  expect(coxswain('world', './my-world.ts', '--check')).not.toContain('broken');
  const set = (...changes: string[]) => changes.flatMap((change) => ['--set', change]);
  const small = set('model.width=16', 'model.depth=2', 'model.heads=2', 'pretrain.episodes=64', 'pretrain.batch=8', 'pretrain.steps=2');
  const brief = [...small, ...set('pretrain.warmup=0', 'pretrain.evaluationEpisodes=16')];
  expect(coxswain('pretrain', '--world', './my-world.ts', ...brief, '--out', 'base')).toContain('Done: base');
  const short = set('discover.symmetry=false', 'discover.episodes=64', 'discover.batch=8', 'discover.steps=2', 'discover.warmup=0');
  const gates = set('discover.alphaWarmup=1', 'discover.laterGateFrom=1', 'discover.evaluationEpisodes=16', 'discover.injectionEpisodes=8');
  const found = coxswain('discover', '--base', 'base', '--view', 'touches', ...short, ...gates, '--out', 'controller');
  expect(found).toContain('Done: controller');
  const learn = set('internal.updates=1', 'internal.episodesPerUpdate=16', 'evaluate.episodes=16');
  const learnt = coxswain('reinforce', '--base', 'base', '--controller', 'controller', ...learn, '--out', 'rl');
  expect(learnt).toMatch(/Success on \d+: [\d.]+ of sampled episodes/);
  coxswain('report', '--runs', '.', '--out', 'report.html');
  expect(readFileSync(join(elsewhere, 'report.html'), 'utf8')).toContain('Internal RL');
});
