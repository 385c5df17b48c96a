/** The real phases, killed and started again: the final checkpoint has to be the uninterrupted run's, byte for byte. */
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { set } from './ask.js';
import { contents, DISCOVER, killable, PRETRAIN, type Run } from './killed.js';
import { bundleCoxswain } from './programs.js';

let root: string;
let program: string;
beforeAll(async () => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-phases-'));
  program = await bundleCoxswain(root);
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const REINFORCE = {
  'reinforce.task': '3',
  'reinforce.horizon': 12,
  'internal.updates': 6,
  'internal.episodesPerUpdate': 32,
  'internal.saveEvery': 2,
  'evaluate.episodes': 64,
  'evaluate.longTask': '',
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

/** By name; the inputs of a run are runs above it. */
const RUNS: Readonly<Record<string, Run>> = {
  pretrain: {
    phase: 'pretrain',
    inputs: {},
    settings: set(PRETRAIN),
  },
  discover: { phase: 'discover', inputs: { base: 'pretrain' }, settings: set(DISCOVER) },
  skills: { phase: 'skills', inputs: { base: 'pretrain', controller: 'discover' }, settings: set(SKILLS) },
  // Its batches shared by two devices on a software adapter, which a number of threads would forbid; the one below has
  // one.
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

const { finish, killAt } = killable(() => ({ program, root }), RUNS);

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
