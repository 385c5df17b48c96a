/** The real phases, killed and started again: the final checkpoint has to be the uninterrupted run's, byte for byte. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest } from '../src/run/checkpoint.js';
import { bundleCoxswain } from './programs.js';
import { type Followed, follow } from './waiting.js';

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
  'discover.starts': 2,
  'discover.startSteps': 2,
  'discover.steps': 14,
  'discover.warmup': 3,
  'discover.batch': 16,
  'discover.episodes': 100,
  'discover.laterGateFrom': 7,
  'discover.alphaWarmup': 7,
  'discover.evaluationEpisodes': 16,
  'discover.logEvery': 2,
  'discover.evaluateEvery': 7,
  'discover.saveEvery': 4,
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
const HALF = {
  ...PRETRAIN,
  'pretrain.precision': 'f16',
  'pretrain.steps': 160,
  'pretrain.logEvery': 1,
  'pretrain.saveEvery': 3,
  'pretrain.evaluateEvery': 40,
};
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

const DIE_AT = pathToFileURL(join(import.meta.dirname, 'die-at.mjs')).href;

/** @param dieAt see `die-at.mjs`. */
function start(name: string, out: string, dieAt?: string): Followed {
  const { phase, inputs, settings, env } = RUNS[name];
  const given = Object.entries(inputs).flatMap(([input, run]) => [`--${input}`, join(root, run)]);
  const preload = dieAt === undefined ? [] : ['--import', DIE_AT];
  return follow(
    spawn(process.execPath, [...preload, program, phase, '--seed', '4', '--out', out, ...given, ...settings], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env, DIE_AT: dieAt },
    }),
  );
}

async function finish(name: string, out: string): Promise<void> {
  const { ended, said } = start(name, out);
  expect(await ended, said()).toBe(0);
}

/** Digests of everything that must not depend on interruptions. */
function contents(out: string): Record<string, string> {
  const names = ['metrics.jsonl', 'result.json', ...fs.readdirSync(join(out, 'checkpoint')).map((name) => join('checkpoint', name))];
  return Object.fromEntries(names.map((name) => [name, digest(fs.readFileSync(join(out, name)))]));
}

/** Has a run killed once it has written so many lines of metrics, and so many disk operations after. */
async function killAt(name: string, out: string, lines: number, after = 0): Promise<void> {
  const { child, ended, said } = start(name, out, `${lines} ${after}`);
  await ended;
  expect(child.signalCode, said()).toBe('SIGKILL');
}

describe.each(Object.keys(RUNS).filter((name) => name !== 'in half precision'))('%s', (name) => {
  let whole: Record<string, string>;
  beforeAll(async () => {
    await finish(name, join(root, name));
    whole = contents(join(root, name));
  });

  // Before the first checkpoint, between two, and near the end.
  it('killed four times, after 0, 2, 3 and 5 lines of metrics, ends with the same bytes', async () => {
    const out = join(root, `${name} killed`);
    for (const lines of [0, 2, 3, 5]) await killAt(name, out, lines);
    await finish(name, out);
    expect(contents(out)).toEqual(whole);
  });
});

// Where the adapter has no half precision the run is refused, and there is nothing to kill.
const probe = await requestDevice();
const { f16 } = probe.traits;
probe.close();

it.runIf(f16)('a batch in parts, in half precision, killed at twenty random moments ends with the same bytes', async () => {
  const name = 'in half precision';
  await finish(name, join(root, name));
  const whole = contents(join(root, name));
  const out = join(root, 'killed at twenty random moments');
  // Each after so many lines, and so many disk operations after that, a few of which a checkpoint takes.
  const moments = Array.from({ length: 20 }, () => [randomInt(130), randomInt(60)]).sort(([a], [b]) => a - b);
  for (const [lines, after] of moments) await killAt(name, out, lines, after);
  await finish(name, out);
  expect(contents(out), `killed at ${moments.join('; ')}`).toEqual(whole);
});
