/** `coxswain sweep` with processes: what is missing is done, and nothing twice. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLocked } from '@coxswain/lab';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleToy } from './programs.js';
import { ALL_STEPS, ToySweep, times } from './toy-sweep.js';
import { type Followed, follow, processOver, until } from './waiting.js';

let programs: string;
let program: string;
let toys: ToySweep;
beforeAll(async () => {
  programs = fs.mkdtempSync(join(tmpdir(), 'coxswain-sweep-'));
  program = await bundleToy(programs);
});
afterAll(() => fs.rmSync(programs, { recursive: true, force: true }));
beforeEach(() => {
  toys = new ToySweep(fs.mkdtempSync(join(tmpdir(), 'coxswain-sweep-')), [1]);
});
afterEach(() => fs.rmSync(toys.root, { recursive: true, force: true }));

/** @param gated whether its runs look at the gate. */
function sweep(gated = false, change?: (text: string) => string): Followed {
  return follow(
    spawn(process.execPath, [program, 'sweep', toys.write(change), '--workers', '2'], {
      env: { ...process.env, TOY_GATE: gated ? toys.gate.path : '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** For `until`: that the process of a run has ended, by what its lock says of it. */
const runOver =
  (...names: readonly string[]) =>
  (): string | undefined => {
    const gone = names.find((name) => !isLocked(join(toys.run(name), 'lock')));
    return gone && `nobody does ${gone} any more\n${toys.log(gone)}`;
  };

/** The process that does a run. */
const ownerOf = (name: string): number => JSON.parse(fs.readFileSync(join(toys.run(name), 'lock'), 'utf8')).pid;

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
    toys = new ToySweep(toys.root, [1, 2]);
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
    toys.gate.hold('pretrain', 17);
    const first = sweep(true);
    const both = ['base-32', 'base-64'];
    await until(() => both.every((name) => toys.begun(name) === 17), first.over);
    const done = new Map(both.map((name) => [name, processOver(ownerOf(name))]));
    first.child.kill(signal);
    await until(() => both.every((name) => toys.log(name).includes('again to stop at once')), runOver(...both));
    toys.gate.open();
    expect(await first.ended).toBe(signal === 'SIGINT' ? 130 : null);
    // What it started ends with it, saved; nobody is left to write these folders.
    for (const [name, over] of done) await until(() => toys.log(name).includes('Stopped at step 17'), over);
    for (const name of both) expect(fs.existsSync(join(toys.run(name), 'lock'))).toBe(false);
    if (signal === 'SIGINT') expect(first.said()).toContain('Stopped with 0 of 4');
    const second = sweep();
    expect(await second.ended, second.said()).toBe(0);
    expectWhole();
    for (const name of ['base-32', 'base-64']) expect(toys.log(name)).toMatch(/Going on with .* at steps 17 of 40/);
  });

  it('starts a run that was killed again, where it was', async () => {
    toys.gate.hold('pretrain-32', 17);
    const { ended, said, over } = sweep(true);
    await until(() => toys.begun('base-32') === 17, over);
    process.kill(ownerOf('base-32'), 'SIGKILL');
    toys.gate.open();
    expect(await ended, said()).toBe(0);
    expect(said()).toContain('base-32 ended with a signal; going on with it');
    expect(toys.log('base-32')).toMatch(/Going on with .* at steps 15 of 40/);
    expectWhole();
  });

  it('holds up only what a failed run is needed for, and says so', async () => {
    const { ended, said } = sweep(
      false,
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
    expect(said()).toMatch(/4 of 6 runs finished: broken .*nowhere.*1 held up by others \(after\)/);
  });

  it('waits for a run that another sweep does', async () => {
    toys.gate.hold('pretrain-64', 3);
    const first = sweep(true);
    await until(() => toys.begun('base-64') === 3, first.over);
    const second = sweep(true);
    await until(() => second.said().includes('base-64 is done by another process'), second.over);
    toys.gate.open();
    expect(await first.ended, first.said()).toBe(0);
    expect(await second.ended, second.said()).toBe(0);
    expectWhole();
    for (const name of toys.names) expect(times(toys.log(name), 'toy step 7 begins')).toBe(1);
  });

  it('refuses a folder that holds a run of other settings, before it starts that run', async () => {
    expect(await sweep().ended).toBe(0);
    const metrics = fs.readFileSync(join(toys.run('base-64'), 'metrics.jsonl'));
    const other = sweep(false, (text) => text.replace('pretrain.saveEvery: 5 }', 'pretrain.saveEvery: 5, model.depth: 2 }'));
    expect(await other.ended).toBe(18);
    expect(other.said()).toMatch(/base-32 \(exit code 6\).*model\.depth/);
    expect(fs.readFileSync(join(toys.run('base-64'), 'metrics.jsonl'))).toEqual(metrics);
  });
});
