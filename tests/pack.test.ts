/** The folder for a machine without a network: what Node alone makes of it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-pack-'));
const there = (...args: string[]): string => execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });

beforeAll(() => {
  execFileSync(process.execPath, [join(import.meta.dirname, '../scripts/pack.mjs'), folder]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

it('the command finds the adapter', () => {
  expect(there('coxswain.mjs', 'adapter')).toMatch(/^adapter +\S.*\nkernels +for (GPUs|software adapters)/);
});

it('the command plans the sweeps', () => {
  expect(there('coxswain.mjs', 'sweep', 'sweeps/smoke.yaml', '--dry')).toContain('missing  metacontroller-rl-2  coxswain reinforce');
});

it('the command plays with the shipped models', () => {
  const models = ['--base', 'models/grid-mini/base', '--controller', 'models/grid-mini/controller'];
  const few = ['--set', 'skills.worlds=16', '--set', 'skills.batches=1'];
  expect(there('coxswain.mjs', 'skills', ...models, ...few, '--out', 'runs/skills')).toContain('Done: runs/skills');
}, 60_000);

it('the benchmarks measure a kernel', () => {
  const out = there('bench.mjs', '--suite', 'kernels', '--filter', 'AdamW', '--samples', '3');
  expect(out).toContain('AdamW');
}, 60_000);
