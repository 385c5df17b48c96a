import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digest } from '@coxswain/lab';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleToy } from './programs.js';
import { type Followed, follow, Gate, until } from './waiting.js';

let root: string;
let program: string;
beforeAll(async () => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-kill-'));
  program = await bundleToy(root);
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const STEPS = 60;
/** @param gate holds its steps; it then says when each begins. */
const start = (out: string, gate?: Gate, ...more: string[]): Followed =>
  follow(
    spawn(
      process.execPath,
      [
        ...[program, 'pretrain', '--out', out, '--seed', '4', `--steps=${STEPS}`],
        ...['--set', 'pretrain.warmup=0', '--set', 'pretrain.saveEvery=7', ...more],
      ],
      { env: { ...process.env, TOY_GATE: gate?.path ?? '' }, stdio: ['ignore', 'ignore', 'pipe'] },
    ),
  );

const linesIn = (out: string): number => {
  const path = join(out, 'metrics.jsonl');
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8').split('\n').length - 1 : -1;
};

/** Digests of everything that must not depend on interruptions. */
function contents(out: string): Record<string, string> {
  const names = ['metrics.jsonl', 'result.json', ...fs.readdirSync(join(out, 'checkpoint')).map((name) => join('checkpoint', name))];
  return Object.fromEntries(names.map((name) => [name, digest(fs.readFileSync(join(out, name)))]));
}

describe('a run that is stopped', () => {
  let whole: Record<string, string>;
  let gate: Gate;
  beforeAll(async () => {
    const out = join(root, 'whole');
    expect(await start(out).ended).toBe(0);
    whole = contents(out);
  });
  beforeEach(() => {
    gate = new Gate(join(root, 'gate'));
  });
  afterEach(() => gate.open());

  it.each([0, 3, 7, 20, 41, 58])('by kill -9 near step %i ends with the same bytes as one that is not', async (step) => {
    const out = join(root, `killed-${step}`);
    // However late the kill comes, the run has not ended: its last step waits.
    gate.hold('pretrain', STEPS);
    const { child, ended, over } = start(out, gate);
    await until(() => linesIn(out) >= step, over);
    child.kill('SIGKILL');
    await ended;
    expect(child.signalCode).toBe('SIGKILL');
    expect(await start(out).ended).toBe(0);
    expect(contents(out)).toEqual(whole);
  });

  it('by Ctrl-C saves, says so, exits with 130, and goes on', async () => {
    const out = join(root, 'interrupted');
    gate.hold('pretrain', 10);
    const { child, ended, said, over } = start(out, gate);
    await until(() => said().includes('toy step 10 begins'), over);
    child.kill('SIGINT');
    await until(() => said().includes('again to stop at once'), over);
    gate.open();
    expect(await ended).toBe(130);
    expect(said()).toContain('Start the same command again');
    const { step } = JSON.parse(fs.readFileSync(join(out, 'checkpoint', 'progress.json'), 'utf8')) as { step: number };
    expect(step).toBe(10);
    expect(linesIn(out)).toBe(step);
    expect(await start(out).ended).toBe(0);
    expect(contents(out)).toEqual(whole);
  });

  it('by a second Ctrl-C ends at once', async () => {
    const out = join(root, 'twice');
    gate.hold('pretrain', 2);
    const { child, ended, said, over } = start(out, gate);
    // Amid a step that never ends: a run that is still starting up dies of the first one, and one between two steps
    // ends by it.
    await until(() => said().includes('toy step 2 begins'), over);
    child.kill('SIGINT');
    await until(() => said().includes('again to stop at once'), over);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(linesIn(out)).toBe(1);
  });

  it('because its adapter hangs says so, exits with 20, and goes on', async () => {
    const out = join(root, 'hung');
    gate.hold('pretrain', 2);
    const { ended, said } = start(out, gate, '--stall', '0.01');
    expect(await ended).toBe(20);
    expect(said()).toContain('the adapter hangs');
    expect(await start(out).ended).toBe(0);
    expect(contents(out)).toEqual(whole);
  });

  it('and has finished does nothing more', async () => {
    const out = join(root, 'whole');
    expect(await start(out).ended).toBe(0);
    expect(contents(out)).toEqual(whole);
  });
});
