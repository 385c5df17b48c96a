import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest } from '../src/run/checkpoint.js';
import { bundleToy } from './programs.js';

let root: string;
let program: string;
beforeAll(async () => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-kill-'));
  program = await bundleToy(root);
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const STEPS = 60;
const start = (out: string, stepMs: number, ...more: string[]): ChildProcess =>
  spawn(
    process.execPath,
    [
      program,
      'pretrain',
      '--out',
      out,
      '--seed',
      '4',
      `--steps=${STEPS}`,
      '--set',
      'pretrain.warmup=0',
      '--set',
      'pretrain.saveEvery=7',
      ...more,
    ],
    {
      env: { ...process.env, TOY_STEP_MS: String(stepMs) },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
const ending = (child: ChildProcess) =>
  new Promise<{ code: number | null; signal: string | null }>((done) => child.on('exit', (code, signal) => done({ code, signal })));
const stderrOf = (child: ChildProcess) => {
  let text = '';
  child.stderr?.on('data', (chunk) => (text += chunk));
  return () => text;
};

/** Waits until the run has written more than so many metric lines. */
async function untilStep(out: string, step: number): Promise<void> {
  const path = join(out, 'metrics.jsonl');
  for (let waited = 0; waited < 10_000; waited += 5) {
    if (fs.existsSync(path) && fs.readFileSync(path, 'utf8').split('\n').length - 1 >= step) return;
    await new Promise((resume) => setTimeout(resume, 5));
  }
  throw new Error(`the run in ${out} never came to step ${step}`);
}

/** Digests of everything that must not depend on interruptions. */
function contents(out: string): Record<string, string> {
  const names = ['metrics.jsonl', 'result.json', ...fs.readdirSync(join(out, 'checkpoint')).map((name) => join('checkpoint', name))];
  return Object.fromEntries(names.map((name) => [name, digest(fs.readFileSync(join(out, name)))]));
}

describe('a run that is stopped', () => {
  let whole: Record<string, string>;
  beforeAll(async () => {
    const out = join(root, 'whole');
    expect((await ending(start(out, 0))).code).toBe(0);
    whole = contents(out);
  });

  it.each([0, 3, 7, 20, 41, 58])('by kill -9 near step %i ends with the same bytes as one that is not', async (step) => {
    const out = join(root, `killed-${step}`);
    const child = start(out, 4);
    const ended = ending(child);
    await untilStep(out, step);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    expect((await ending(start(out, 0))).code).toBe(0);
    expect(contents(out)).toEqual(whole);
  });

  it('by Ctrl-C saves, says so, exits with 130, and goes on', async () => {
    const out = join(root, 'interrupted');
    const child = start(out, 10);
    const ended = ending(child);
    const said = stderrOf(child);
    await untilStep(out, 10);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(said()).toContain('Start the same command again');
    const { step } = JSON.parse(fs.readFileSync(join(out, 'checkpoint', 'progress.json'), 'utf8')) as { step: number };
    expect(fs.readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n').length - 1).toBe(step);
    expect((await ending(start(out, 0))).code).toBe(0);
    expect(contents(out)).toEqual(whole);
  });

  it('by a second Ctrl-C ends at once', async () => {
    const out = join(root, 'twice');
    const child = start(out, 3000);
    const ended = ending(child);
    const said = stderrOf(child);
    const untilSaid = async (words: string) => {
      while (!said().includes(words)) {
        expect([child.exitCode, child.signalCode]).toEqual([null, null]);
        await new Promise((resume) => setTimeout(resume, 5));
      }
    };
    // Amid a long step: a run that is still starting up dies of the first one, and one between two steps ends by it.
    await untilSaid('toy step 2 begins');
    child.kill('SIGINT');
    await untilSaid('again to stop at once');
    const at = performance.now();
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(performance.now() - at).toBeLessThan(2000);
  });

  it('because its adapter hangs says so, exits with 20, and goes on', async () => {
    const out = join(root, 'hung');
    const child = start(out, 1500, '--stall', '0.01');
    const said = stderrOf(child);
    expect((await ending(child)).code).toBe(20);
    expect(said()).toContain('the adapter hangs');
    expect((await ending(start(out, 0))).code).toBe(0);
    expect(contents(out)).toEqual(whole);
  });

  it('and has finished does nothing more', async () => {
    const out = join(root, 'whole');
    expect((await ending(start(out, 0))).code).toBe(0);
    expect(contents(out)).toEqual(whole);
  });
});
