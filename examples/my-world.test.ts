/**
 * The world of `my-world.ts` at the command, as its file says: whether it keeps the rules, and the whole method on it,
 * very briefly.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { worldKit } from '@coxswain/envs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import myWorld from './my-world.js';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-my-world-'));
  fs.copyFileSync(join(import.meta.dirname, 'my-world.ts'), join(folder, 'my-world.ts'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const root = join(import.meta.dirname, '..');
const program = [join(root, 'scripts/run.mjs'), join(root, 'packages/coxswain/src/cli.ts')];
const coxswain = (...args: string[]): string => execFileSync(process.execPath, [...program, ...args], { cwd: folder, encoding: 'utf8' });
const set = (...changes: string[]): string[] => changes.flatMap((change) => ['--set', change]);

it('fits the page, and imports types alone', () => {
  const text = fs.readFileSync(join(folder, 'my-world.ts'), 'utf8');
  expect(text.split('\n').length).toBeLessThanOrEqual(121);
  expect(text.match(/^import .*/gm)).toEqual(["import type { WorldFile } from '@coxswain/envs';"]);
});

it('asks in the end for an order that no demonstration shows', () => {
  const definition = myWorld(worldKit);
  const { tasks, reward } = definition.defaults({ cells: 3 } as never);
  expect(new Set(tasks).size).toBe(17);
  expect(tasks).not.toContain(reward.task);
  expect([...tasks, reward.task].every((text) => new Set(text).size === 4 && text[0] !== '3')).toBe(true);
});

it('keeps the rules of worlds', () => {
  const lines = coxswain('world', './my-world.ts', '--check').trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(15);
  expect(lines.filter((line) => !line.startsWith('ok '))).toEqual([]);
});

it('is pretrained, discovered, reinforced and reported from the command line', () => {
  const small = set('model.width=16', 'model.depth=2', 'model.heads=2', 'model.mlp=16');
  const data = (phase: string) =>
    set(`${phase}.episodes=64`, `${phase}.batch=8`, `${phase}.steps=2`, `${phase}.warmup=0`, `${phase}.evaluationEpisodes=16`);
  coxswain('pretrain', '--world', './my-world.ts', ...small, ...data('pretrain'), '--out', 'runs/base');
  const views = set(
    'discover.view=touches',
    'discover.symmetry=false',
    'discover.alphaWarmup=0',
    'discover.laterGateFrom=1',
    'discover.injectionEpisodes=8',
  );
  coxswain('discover', '--base', 'runs/base', ...data('discover'), ...views, '--out', 'runs/controller');
  const few = set('internal.updates=1', 'internal.episodesPerUpdate=8', 'evaluate.episodes=16');
  const out = coxswain('reinforce', '--base', 'runs/base', '--controller', 'runs/controller', ...few, '--out', 'runs/rl');
  expect(out).toMatch(/Success on 0123: [01]\S* of sampled episodes, after 8 episodes/);
  coxswain('report', '--runs', 'runs', '--out', 'report.html');
  const report = fs.readFileSync(join(folder, 'report.html'), 'utf8');
  expect(report).toContain('0123');
  expect(coxswain('watch', 'runs', '--all', '--once')).toContain('rl');
});
