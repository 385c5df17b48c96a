/** Every package, packed as it would be published, installs from its tarball into an empty project and runs and compiles a three-line program. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAll, type Package, pack, packages, root, run } from '../scripts/packages.mjs';

/** What a newcomer would write first with each package, and what it prints. */
const programs: Record<string, { text: string; prints: string }> = {
  '@coxswain/kernels': {
    text: `import { fill } from '@coxswain/kernels';
const [x, y, z] = fill.grid({ count: 1000 }, { family: 'software', f16: false });
console.log(fill.name, x > 0 && y === 1 && z === 1);`,
    prints: 'fill true',
  },
  '@coxswain/tensor': {
    text: `import { requestDevice } from '@coxswain/tensor/node';
const device = await requestDevice();
console.log(...(await device.tensor(new Float32Array([1, 2, 3, 4]), [2, 2]).read()));`,
    prints: '1 2 3 4',
  },
};

const folder = mkdtempSync(join(tmpdir(), 'coxswain-strangers-'));
const all = packages();
const tarballs = new Map<string, string>();

beforeAll(() => {
  buildAll();
  for (const built of all) tarballs.set(built.name, pack(built, folder));
}, 300_000);
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

/** An empty project that depends on one tarball; what this repository's packages need of each other comes from tarballs too. */
function emptyProject(name: string): string {
  const project = mkdtempSync(join(folder, 'project-'));
  const overrides = Object.fromEntries([...closure(name)].map((dependency) => [dependency, `file:${tarballs.get(dependency)}`]));
  const manifest = { name: 'stranger', private: true, type: 'module', dependencies: { [name]: `file:${tarballs.get(name)}` }, overrides };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  // pnpm reads overrides from here, npm from package.json.
  writeFileSync(join(project, 'pnpm-workspace.yaml'), JSON.stringify({ overrides }));
  return project;
}

describe.each(all.map(({ name }) => name))('%s', (name) => {
  it('installs, runs and compiles outside the repository', () => {
    const project = emptyProject(name);
    // pnpm lets a package see only what it declares, so a dependency that is not declared fails here.
    run('pnpm', ['install', '--prefer-offline', '--ignore-scripts'], project);
    const { text, prints } = programs[name];
    writeFileSync(join(project, 'program.mts'), text);
    writeFileSync(join(project, 'program.mjs'), text);
    const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, types: [] };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.mts'] }));
    expect(run(process.execPath, ['program.mjs'], project).trim()).toBe(prints);
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], project);
  });
});

it('installs with npm as well', () => {
  const project = emptyProject('@coxswain/lab');
  run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], project);
  expect(run('npx', ['--no', 'coxswain', '--help'], project)).toContain('pretrain');
});
