/** The real phases, killed and started again: the final checkpoint has to be the uninterrupted run's, byte for byte. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostRandom } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest } from '../src/run/checkpoint.js';
import { bundleCoxswain } from './programs.js';

let root: string;
let program: string;
beforeAll(async () => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-phases-'));
  program = await bundleCoxswain(root);
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const set = (settings: Record<string, number | string>): string[] =>
  Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);

const SMALL_MODEL = { 'model.width': 16, 'model.depth': 2, 'model.heads': 2, 'model.mlp': 32 };
const DISCOVER = {
  'metacontroller.layer': 1,
  'metacontroller.rank': 4,
  'metacontroller.history': 8,
  'metacontroller.sequence': 8,
  'discover.starts': 3,
  'discover.startSteps': 4,
  'discover.steps': 20,
  'discover.warmup': 3,
  'discover.batch': 16,
  'discover.episodes': 300,
  'discover.laterGateFrom': 10,
  'discover.alphaWarmup': 10,
  'discover.evaluationEpisodes': 40,
  'discover.logEvery': 3,
  'discover.evaluateEvery': 10,
  'discover.saveEvery': 6,
};
const REINFORCE = {
  'reinforce.task': '3',
  'reinforce.horizon': 12,
  'internal.updates': 6,
  'internal.episodesPerUpdate': 32,
  'internal.saveEvery': 2,
  'evaluate.episodes': 64,
  'evaluate.longTask': '',
};
const PRETRAIN = {
  ...SMALL_MODEL,
  'pretrain.steps': 24,
  'pretrain.warmup': 5,
  'pretrain.batch': 16,
  'pretrain.parts': 2,
  'pretrain.episodes': 300,
  'pretrain.evaluationEpisodes': 40,
  'pretrain.logEvery': 3,
  'pretrain.evaluateEvery': 10,
  'pretrain.saveEvery': 7,
};
/** With checkpoints close to each other. */
const HALF = { ...PRETRAIN, 'pretrain.precision': 'f16', 'pretrain.steps': 160, 'pretrain.logEvery': 1, 'pretrain.saveEvery': 3 };
const SKILLS = { 'skills.worlds': 16, 'skills.batches': 8, 'reinforce.task': '3', 'reinforce.horizon': 12 };

type Run = {
  readonly phase: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly settings: string[];
  readonly env?: NodeJS.ProcessEnv;
};
/** By name; the inputs of a run are runs above it. */
const RUNS: Readonly<Record<string, Run>> = {
  pretrain: {
    phase: 'pretrain',
    inputs: {},
    settings: set(PRETRAIN),
  },
  discover: { phase: 'discover', inputs: { base: 'pretrain' }, settings: set(DISCOVER) },
  skills: { phase: 'skills', inputs: { base: 'pretrain', controller: 'discover' }, settings: set(SKILLS) },
  // Its batches shared by two devices on a software adapter, which a number of threads would forbid; the one below has one.
  reinforce: {
    phase: 'reinforce',
    inputs: { base: 'pretrain', controller: 'discover' },
    settings: set(REINFORCE),
    env: { LP_NUM_THREADS: '' },
  },
  'co-trained': { phase: 'discover', inputs: { base: 'pretrain' }, settings: ['--method', 'co-trained', ...set(DISCOVER)] },
  compile: { phase: 'discover', inputs: { base: 'pretrain' }, settings: ['--method', 'compile', ...set(DISCOVER)] },
  'in half precision': { phase: 'pretrain', inputs: {}, settings: set(HALF) },
  'reinforce on co-trained': { phase: 'reinforce', inputs: { base: 'pretrain', controller: 'co-trained' }, settings: set(REINFORCE) },
};

function start(name: string, out: string): ChildProcess {
  const { phase, inputs, settings, env } = RUNS[name];
  const given = Object.entries(inputs).flatMap(([input, run]) => [`--${input}`, join(root, run)]);
  return spawn(process.execPath, [program, phase, '--seed', '4', '--out', out, ...given, ...settings], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
}

function ending(child: ChildProcess): Promise<{ code: number | null; signal: string | null; said: string }> {
  let said = '';
  child.stderr?.on('data', (chunk) => (said += chunk));
  return new Promise((done) => child.on('exit', (code, signal) => done({ code, signal, said })));
}

async function finish(name: string, out: string): Promise<void> {
  const { code, said } = await ending(start(name, out));
  expect(code, said).toBe(0);
}

/** Digests of everything that must not depend on interruptions. */
function contents(out: string): Record<string, string> {
  const names = ['metrics.jsonl', 'result.json', ...fs.readdirSync(join(out, 'checkpoint')).map((name) => join('checkpoint', name))];
  return Object.fromEntries(names.map((name) => [name, digest(fs.readFileSync(join(out, name)))]));
}

/** Kills a run once it has written so many lines of metrics, and some milliseconds after. @returns whether it was still running. */
async function killAt(name: string, out: string, lines: number, after = 0): Promise<boolean> {
  const child = start(name, out);
  const ended = ending(child);
  const path = join(out, 'metrics.jsonl');
  const written = (): number => (fs.existsSync(path) ? fs.readFileSync(path, 'utf8').split('\n').length - 1 : -1);
  while (child.exitCode === null && written() < lines) await new Promise((again) => setTimeout(again, 2));
  if (after > 0) await new Promise((later) => setTimeout(later, after));
  child.kill('SIGKILL');
  return (await ended).signal === 'SIGKILL';
}

describe.each(Object.keys(RUNS).filter((name) => name !== 'in half precision'))('%s', (name) => {
  let whole: Record<string, string>;
  beforeAll(async () => {
    await finish(name, join(root, name));
    whole = contents(join(root, name));
  }, 120_000);

  // Before the first checkpoint, between two, and right at the end; each run is killed twice.
  it.each([
    [0, 2],
    [3, 5],
  ])('killed after %i and again after %i lines of metrics ends with the same bytes', async (first, second) => {
    const out = join(root, `${name}-${first}-${second}`);
    const killed = [await killAt(name, out, first), await killAt(name, out, second)];
    expect(killed[0]).toBe(true);
    await finish(name, out);
    expect(contents(out)).toEqual(whole);
  });
});

// Where the adapter has no half precision the run is refused, and there is nothing to kill.
const probe = await requestDevice();
const { f16 } = probe.traits;
probe.close();

it.runIf(f16)(
  'a batch in parts, in half precision, killed at twenty random moments ends with the same bytes',
  { timeout: 300_000 },
  async () => {
    const name = 'in half precision';
    await finish(name, join(root, name));
    const whole = contents(join(root, name));
    const out = join(root, 'killed at twenty random moments');
    const random = new HostRandom(Date.now() % 2 ** 31);
    const moments = Array.from({ length: 20 }, () => Math.floor(random.uniform() * 130)).sort((a, b) => a - b);
    let killed = 0;
    for (const lines of moments) killed += (await killAt(name, out, lines, Math.floor(random.uniform() * 40))) ? 1 : 0;
    expect(killed, `killed after ${moments} lines`).toBe(20);
    await finish(name, out);
    expect(contents(out), `killed after ${moments} lines`).toEqual(whole);
  },
);
