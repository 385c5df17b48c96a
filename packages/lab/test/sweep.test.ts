/** `coxswain sweep` with processes: what is missing is done, and nothing twice. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleToy } from './programs.js';
import { ALL_STEPS, ToySweep, times, until } from './toy-sweep.js';

let programs: string;
let program: string;
let toys: ToySweep;
beforeAll(async () => {
  programs = fs.mkdtempSync(join(tmpdir(), 'coxswain-sweep-'));
  program = await bundleToy(programs);
});
afterAll(() => fs.rmSync(programs, { recursive: true, force: true }));
beforeEach(() => {
  toys = new ToySweep(fs.mkdtempSync(join(tmpdir(), 'coxswain-sweep-')), [1, 2]);
});
afterEach(() => fs.rmSync(toys.root, { recursive: true, force: true }));

type Started = { readonly child: ChildProcess; readonly ended: Promise<number | null>; readonly said: () => string };

function sweep(stepMs = 0, change?: (text: string) => string): Started {
  const child = spawn(process.execPath, [program, 'sweep', toys.write(change), '--workers', '2'], {
    env: { ...process.env, TOY_STEP_MS: String(stepMs) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout?.on('data', (chunk) => (said += chunk));
  child.stderr?.on('data', (chunk) => (said += chunk));
  return { child, ended: new Promise((resolve) => child.on('close', resolve)), said: () => said };
}

/** Every run whole, every step logged once. */
function expectWhole(): void {
  for (const name of toys.names) {
    expect(toys.logged(name)).toEqual(ALL_STEPS);
    expect(fs.existsSync(join(toys.run(name), 'lock'))).toBe(false);
  }
  expect(toys.finished()).toEqual(toys.names);
}

describe('coxswain sweep', () => {
  it('does all runs, and none of them again', async () => {
    const first = sweep();
    expect(await first.ended, first.said()).toBe(0);
    expectWhole();
    for (const name of toys.names) expect(times(toys.log(name), 'Done')).toBe(1);
    const table = fs.readFileSync(join(toys.root, 'runs', 'sweep.md'), 'utf8');
    for (const name of toys.names) expect(table).toMatch(new RegExp(`\\| ${name} \\| finished \\| last `));
    const logs = toys.names.map((name) => toys.log(name));
    const second = sweep();
    expect(await second.ended, second.said()).toBe(0);
    expect(second.said()).not.toContain('started');
    expect(toys.names.map((name) => toys.log(name))).toEqual(logs);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('goes on after %s with what was under way', async (signal) => {
    const first = sweep(20);
    await until(() => toys.begun('base-32') >= 12 && toys.begun('base-64') >= 12);
    first.child.kill(signal);
    expect(await first.ended).toBe(signal === 'SIGINT' ? 130 : null);
    // What it started ends with it, saved; nobody is left to write these folders.
    await until(() =>
      ['base-32', 'base-64'].every((name) => toys.log(name).includes('Stopped at step') && !fs.existsSync(join(toys.run(name), 'lock'))),
    );
    if (signal === 'SIGINT') expect(first.said()).toContain('Stopped with 0 of 6');
    const second = sweep();
    expect(await second.ended, second.said()).toBe(0);
    expectWhole();
    for (const name of ['base-32', 'base-64']) expect(toys.log(name)).toMatch(/Going on with .* at steps (1\d|2\d) of 40/);
  });

  it('starts a run that was killed again, where it was', async () => {
    const { ended, said } = sweep(20);
    await until(() => toys.begun('base-32') >= 12);
    const { pid } = JSON.parse(fs.readFileSync(join(toys.run('base-32'), 'lock'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    expect(await ended, said()).toBe(0);
    expect(said()).toContain('base-32 ended with a signal; going on with it');
    expect(toys.log('base-32')).toMatch(/Going on with .* at steps \d+ of 40/);
    expectWhole();
  });

  it('holds up only what a failed run is needed for, and says so', async () => {
    const { ended, said } = sweep(
      0,
      (text) => `${text}
  broken:
    command: discover
    options: { base: ${join(toys.root, 'nowhere')} }
  after:
    command: discover
    options: { base: broken }
`,
    );
    expect(await ended).toBe(18);
    expectWhole();
    expect(said()).toMatch(/6 of 8 runs finished: broken .*nowhere.*1 held up by others \(after\)/);
  });

  it('waits for a run that another sweep does', async () => {
    const first = sweep(10);
    await until(() => toys.log('base-64').includes('begins'));
    const second = sweep(10);
    expect(await first.ended, first.said()).toBe(0);
    expect(await second.ended, second.said()).toBe(0);
    expect(second.said()).toContain('is done by another process');
    expectWhole();
    for (const name of toys.names) expect(times(toys.log(name), 'toy step 7 begins')).toBe(1);
  });

  it('refuses a folder that holds a run of other settings, before it starts that run', async () => {
    expect(await sweep().ended).toBe(0);
    const metrics = fs.readFileSync(join(toys.run('base-64'), 'metrics.jsonl'));
    const other = sweep(0, (text) => text.replace('pretrain.saveEvery: 5 }', 'pretrain.saveEvery: 5, model.depth: 2 }'));
    expect(await other.ended).toBe(18);
    expect(other.said()).toMatch(/base-32 \(exit code 6\).*model\.depth/);
    expect(fs.readFileSync(join(toys.run('base-64'), 'metrics.jsonl'))).toEqual(metrics);
  });
});
