/** A release from a clean clone of what is committed, up to where it would be published. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packages, run } from '../scripts/packages.mjs';
import { packFromClone, runInstalled } from '../scripts/release/rehearse.mjs';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-release-'));
const steps: string[] = [];
let clone = '';
let version = '';
let tarballs = new Map<string, string>();

// What of it fails throws: an install, the linter on what was versioned, a build.
beforeAll(() => {
  ({ clone, version, tarballs } = packFromClone(folder, (step) => steps.push(step)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('goes from versions to tarballs', () => {
  expect(steps.at(-1)).toBe('packing');
  expect(readFileSync(join(clone, 'packages/base/CHANGELOG.md'), 'utf8')).toContain(`## ${version}`);
  expect([...tarballs.keys()].sort()).toEqual(
    packages()
      .map(({ name }) => name)
      .sort(),
  );
});

it('ships no empty package, and none that nobody could install', () => {
  for (const [name, file] of tarballs) {
    const manifest = JSON.parse(run('tar', ['xOf', file, 'package/package.json'], folder));
    expect(JSON.stringify(manifest), name).not.toContain('workspace:');
    const wanted = JSON.stringify([manifest.exports, manifest.bin ?? {}]).match(/dist\/[^"]+/g) as string[];
    const there = run('tar', ['tf', file], folder).split('\n');
    expect(wanted.filter((path) => !there.includes(`package/${path}`))).toEqual([]);
    const ours = Object.entries(manifest.dependencies ?? {}).filter(([dependency]) => tarballs.has(dependency));
    expect(ours.filter(([, range]) => range !== version)).toEqual([]);
  }
});

it.each(['npm', 'pnpm'] as const)('runs as %s installs it', (manager) => {
  const said = runInstalled(manager, tarballs, folder);
  expect(said.version).toBe(version);
  expect(said.adapter).toMatch(/^adapter +\S/m);
});

/** A command that is to be refused, in a package of the clone. */
function refused(where: string, ...command: [string, ...string[]]): string {
  const [program, ...args] = command;
  const { status, stderr } = spawnSync(program, args, { cwd: join(clone, where), encoding: 'utf8', shell: process.platform === 'win32' });
  expect(status).toBe(1);
  return stderr;
}

it('is not packed by npm, which would leave `workspace:*` in', () => {
  expect(refused('kernels', 'npm', 'pack')).toContain('Pack with pnpm');
  expect(existsSync(join(clone, `kernels/coxswain-kernels-${version}.tgz`))).toBe(false);
});

it('is not published with files that are not committed, or from nowhere', () => {
  expect(refused('.', process.execPath, 'scripts/release/publish.mjs')).toContain('Not published');
});
