/** `coxswain sweep` with processes: what is missing is done, and nothing twice. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readMetrics } from '../src/run/metrics.js';
import { bundleToy } from './toy-program.js';

let programs: string;
let program: string;
let root: string;
beforeAll(async () => {
  programs = fs.mkdtempSync(join(tmpdir(), 'coxswain-sweep-'));
  program = await bundleToy(programs);
});
afterAll(() => fs.rmSync(programs, { recursive: true, force: true }));
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-sweep-'));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const STEPS = 40;
const sweepFile = (more = ''): string => `
folder: ${join(root, 'runs')}
axes: { seed: [1, 2], width: [32, 64] }
runs:
  base-{width}:
    command: pretrain
    over: [width]
    options: { steps: ${STEPS} }
    set: { model.width: '{width}', pretrain.warmup: 0, pretrain.saveEvery: 5 }
  next-{width}-{seed}:
    command: discover
    over: [width, seed]
    options: { seed: '{seed}', steps: ${STEPS}, base: 'base-{width}' }
    set: { pretrain.warmup: 0, pretrain.saveEvery: 5 }
${more}`;

function sweep(text: string, workers: number, stepMs = 0): { child: ChildProcess; ended: Promise<number | null>; said: () => string } {
  const file = join(root, 'sweep.yaml');
  fs.writeFileSync(file, text);
  const child = spawn(process.execPath, [program, 'sweep', file, '--workers', String(workers)], {
    env: { ...process.env, TOY_STEP_MS: String(stepMs) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout?.on('data', (chunk) => (said += chunk));
  child.stderr?.on('data', (chunk) => (said += chunk));
  return { child, ended: new Promise((resolve) => child.on('close', resolve)), said: () => said };
}

const run = (name: string): string => join(root, 'runs', name);
const log = (name: string): string => {
  const path = join(root, 'runs', 'logs', `${name}.log`);
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : '';
};
const ALL = ['base-32', 'base-64', 'next-32-1', 'next-32-2', 'next-64-1', 'next-64-2'];

async function until(what: () => boolean): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 10) {
    if (what()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it never came to that');
}

/** Every run whole, every step logged once. */
function expectWhole(): void {
  for (const name of ALL) {
    expect(readMetrics(join(run(name), 'metrics.jsonl')).map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    expect(fs.existsSync(join(run(name), 'result.json'))).toBe(true);
    expect(fs.existsSync(join(run(name), 'lock'))).toBe(false);
  }
}
const times = (text: string, part: string): number => text.split(part).length - 1;

describe('coxswain sweep', () => {
  it('does all runs, and none of them again', async () => {
    const first = sweep(sweepFile(), 2);
    expect(await first.ended, first.said()).toBe(0);
    expectWhole();
    for (const name of ALL) expect(times(log(name), 'Done')).toBe(1);
    const table = fs.readFileSync(join(root, 'runs', 'sweep.md'), 'utf8');
    for (const name of ALL) expect(table).toMatch(new RegExp(`\\| ${name} \\| finished \\| last `));
    const logs = ALL.map(log);
    const second = sweep(sweepFile(), 2);
    expect(await second.ended, second.said()).toBe(0);
    expect(second.said()).not.toContain('started');
    expect(ALL.map(log)).toEqual(logs);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('goes on after %s with what was under way', async (signal) => {
    const first = sweep(sweepFile(), 2, 20);
    await until(() => times(log('base-32'), 'begins') >= 12 && times(log('base-64'), 'begins') >= 12);
    first.child.kill(signal);
    expect(await first.ended).toBe(signal === 'SIGINT' ? 130 : null);
    // What it started ends with it, saved; nobody is left to write these folders.
    await until(() =>
      ['base-32', 'base-64'].every((name) => log(name).includes('Stopped at step') && !fs.existsSync(join(run(name), 'lock'))),
    );
    if (signal === 'SIGINT') expect(first.said()).toContain('Stopped with 0 of 6');
    const second = sweep(sweepFile(), 2);
    expect(await second.ended, second.said()).toBe(0);
    expectWhole();
    for (const name of ['base-32', 'base-64']) expect(log(name)).toMatch(/Going on with .* at steps (1\d|2\d) of 40/);
  });

  it('starts a run that was killed again, where it was', async () => {
    const { ended, said } = sweep(sweepFile(), 2, 20);
    await until(() => times(log('base-32'), 'begins') >= 12);
    const { pid } = JSON.parse(fs.readFileSync(join(run('base-32'), 'lock'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    expect(await ended, said()).toBe(0);
    expect(said()).toContain('base-32 ended with a signal; going on with it');
    expect(log('base-32')).toMatch(/Going on with .* at steps \d+ of 40/);
    expectWhole();
  });

  it('holds up only what a failed run is needed for, and says so', async () => {
    const broken = sweepFile(`
  broken:
    command: discover
    options: { base: ${join(root, 'nowhere')} }
  after:
    command: discover
    options: { base: broken }
`);
    const { ended, said } = sweep(broken, 2);
    expect(await ended).toBe(18);
    expectWhole();
    expect(said()).toMatch(/6 of 8 runs finished: broken .*nowhere.*1 held up by others \(after\)/);
  });

  it('waits for a run that another sweep does', async () => {
    const first = sweep(sweepFile(), 2, 10);
    await until(() => log('base-64').includes('begins'));
    const second = sweep(sweepFile(), 2, 10);
    expect(await first.ended, first.said()).toBe(0);
    expect(await second.ended, second.said()).toBe(0);
    expect(second.said()).toContain('is done by another process');
    expectWhole();
    for (const name of ALL) expect(times(log(name), 'toy step 7 begins')).toBe(1);
  });

  it('refuses a folder that holds a run of other settings, before it starts that run', async () => {
    expect(await sweep(sweepFile(), 2).ended).toBe(0);
    const metrics = fs.readFileSync(join(run('base-64'), 'metrics.jsonl'));
    const other = sweep(sweepFile().replace('pretrain.saveEvery: 5 }', 'pretrain.saveEvery: 5, model.depth: 2 }'), 2);
    expect(await other.ended).toBe(18);
    expect(other.said()).toMatch(/base-32 \(exit code 6\).*model\.depth/);
    expect(fs.readFileSync(join(run('base-64'), 'metrics.jsonl'))).toEqual(metrics);
  });
});
