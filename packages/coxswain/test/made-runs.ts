/**
 * Finished runs for tests, of every phase that others start from: what they leave on the disk, without any training.
 */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelsOf } from '@coxswain/internal-rl';
import { analysisPhase, identify, inputIdentity, openModel, override, type Phase, pick, preset, RunFolder } from '@coxswain/lab';
import { NoAdapterError } from '@coxswain/tensor';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { ANALYSES, PHASES } from '../src/lists.js';
import { ask } from './ask.js';
import { files } from './folders.js';

const ALL: readonly Phase[] = [...PHASES, ...ANALYSES.map(analysisPhase)];
const SKILL = { name: 'colour 0', reaches: 0, purity: 1, reached: 9, steps: 3, count: 9 };

type Made = {
  readonly phase: string;
  readonly seed: number;
  /** Other runs, by the option that names them. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly set?: readonly string[];
  /** What it leaves beside its result. */
  readonly leaves?: Readonly<Record<string, unknown>>;
};

/** Two bases; on the first two controllers; on the first of these two policies and one that went on from the first. */
export const steered = { base: 'base-1', controller: 'controller-1' };
const DRAWN = { size: 2, layout: [1, 2, 0, 0], colours: 2, path: [2, 0], task: [0], switches: [], success: true };
const episodes = (seed: number) => ({ 'episodes.json': [{ ...DRAWN, title: `seed ${seed}` }] });
export const MADE: Readonly<Record<string, Made>> = {
  'base-1': { phase: 'pretrain', seed: 1 },
  'base-2': { phase: 'pretrain', seed: 2 },
  'controller-1': { phase: 'discover', seed: 1, inputs: { base: 'base-1' } },
  'controller-2': { phase: 'discover', seed: 2, inputs: { base: 'base-1' } },
  'policy-1': { phase: 'reinforce', seed: 1, inputs: steered, leaves: episodes(1) },
  'policy-2': { phase: 'reinforce', seed: 2, inputs: steered, leaves: episodes(2) },
  'policy-long': { phase: 'reinforce', seed: 1, inputs: { ...steered, policy: 'policy-1' }, set: ['reinforce.task=01230123'] },
  'policy-hot': { phase: 'reinforce', seed: 3, inputs: steered, set: ['reinforce.temperature=2'] },
  'raw-1': { phase: 'reinforce', seed: 1, inputs: { base: 'base-1' }, set: ['reinforce.method=raw'] },
  'library-1': { phase: 'skills', seed: 1, inputs: steered, leaves: { 'skills.json': [{ ...SKILL, code: Array(8).fill(1) }] } },
  'library-2': {
    phase: 'skills',
    seed: 1,
    inputs: { base: 'base-1', controller: 'controller-2' },
    leaves: { 'skills.json': [{ ...SKILL, code: Array(8).fill(2) }] },
  },
  'switches-1': { phase: 'analyse-switches', seed: 1, inputs: steered },
  'switches-2': { phase: 'analyse-switches', seed: 2, inputs: steered },
};

/** Leaves what a run of two steps leaves, its first checkpoint kept; nothing is trained. */
export function makeRun(root: string, name: string, { phase, seed, inputs = {}, set = [], leaves = {} }: Made): void {
  const { sections, leaves: last } = ALL.find((one) => one.name === phase) as Phase;
  const config = preset('grid-mini');
  for (const assignment of set) override(config, assignment);
  const models = Object.entries(inputs).map(([option, folder]) => [
    option,
    inputIdentity(openModel(join(root, folder), option, MADE[folder].phase)),
  ]);
  const identity = identify({ phase, preset: 'grid-mini', seed, config: pick(config, sections), inputs: Object.fromEntries(models) });
  const run = new RunFolder(join(root, name), identity, `coxswain ${phase} --out ${name}`, 2);
  const weight = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 251, 0);
  const { updates, episodesPerUpdate } = config[config.reinforce.method];
  for (const step of [1, 2]) {
    run.metrics.write(step, { reward: seed / 4, 'charts/episodic_return': seed / 4, 'charts/episodes': step });
    run.save(step, { files: files(step === 2 ? weight : weight + 1), extra: { episodes: step * episodesPerUpdate } });
  }
  for (const [file, value] of Object.entries(leaves)) run.writeArtifact(file, value);
  const labels = labelsOf({ seed, config, inputs: identity.inputs });
  const rows =
    phase === 'reinforce' ? [{ ...labels, task: config.reinforce.task, episodes: updates * episodesPerUpdate, success: seed / 4 }] : [];
  run.writeArtifact(
    last,
    last === 'analysis.json'
      ? { name: 'switches', title: `of seed ${seed}`, about: '', paper: '', charts: [], tables: [] }
      : { rows, seed },
  );
  run.close();
}

/** Those runs in a folder of each test's own, and what is done to them. */
export function madeRuns() {
  let made = '';
  let root = '';
  beforeAll(() => {
    made = fs.mkdtempSync(join(tmpdir(), 'coxswain-made-'));
    for (const [name, what] of Object.entries(MADE)) makeRun(made, name, what);
  });
  afterAll(() => fs.rmSync(made, { recursive: true, force: true }));
  beforeEach(() => {
    root = fs.mkdtempSync(join(tmpdir(), 'coxswain-'));
    fs.cpSync(made, root, { recursive: true });
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  const at = (...names: string[]): string => join(root, ...names);
  const copy = (from: string, to: string): void => {
    fs.rmSync(at(to), { recursive: true, force: true });
    fs.cpSync(at(from), at(to), { recursive: true });
  };
  const remove = (name: string): void => fs.rmSync(at(name), { recursive: true });
  const edit = (name: string, change: (text: string) => string): void => {
    const before = fs.readFileSync(at(name), 'utf8');
    const after = change(before);
    expect(after).not.toBe(before);
    fs.writeFileSync(at(name), after);
  };
  /** A run as it was at its first checkpoint, with what it left at its end. */
  const putBack = (name: string): void => {
    remove(`${name}/checkpoint`);
    fs.renameSync(at(name, 'checkpoints/step-000000001'), at(name, 'checkpoint'));
  };

  /** Runs the command; no machine here has an adapter, so that what is not refused ends with code 11. */
  const coxswain = (...args: string[]) =>
    ask(args, PHASES, { openDevice: () => Promise.reject(new NoAdapterError('none here', 'None is needed.')) });
  return { at, copy, remove, edit, putBack, coxswain };
}
