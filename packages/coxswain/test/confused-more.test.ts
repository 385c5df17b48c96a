/**
 * More ways to take one run for another: what a run starts from, whether it has finished, what writes into its folder.
 */
import fs from 'node:fs';
import { episodesSeen } from '@coxswain/internal-rl';
import { identify, openModel, pick, preset, RunFolder } from '@coxswain/lab';
import { describe, expect, it } from 'vitest';
import { parseSweep } from '../src/sweep/file.js';
import { codeOf, files } from './folders.js';
import { madeRuns, steered } from './made-runs.js';

const { at, copy, remove, edit, putBack, coxswain } = madeRuns();

/** Options that name runs; `--out` is a folder that is not there. */
const given = (options: Readonly<Record<string, string>>): string[] =>
  Object.entries({ ...options, out: 'out' }).flatMap(([option, folder]) => [`--${option}`, at(folder)]);
const evaluate = (options: Readonly<Record<string, string>>, ...more: string[]): string[] => ['evaluate', ...given(options), ...more];

type Case = [what: string, confuse: () => void, args: () => string[], code: number, said: string];
const NOTHING = (): void => {};
const ACCEPTED = 11;

const starting: Case[] = [
  [
    'a policy over codes without its controller',
    NOTHING,
    () => evaluate({ base: 'base-1', policy: 'policy-1' }),
    2,
    '--controller: missing',
  ],
  ['a policy over actions as one over codes', NOTHING, () => evaluate({ base: 'base-1', policy: 'raw-1' }), 2, 'add --method raw'],
  ['the same to learn from', NOTHING, () => ['reinforce', ...given({ ...steered, policy: 'raw-1' })], 2, 'add --method raw'],
  ['a controller of raw actions', NOTHING, () => evaluate(steered, '--method', 'raw'), 2, 'no controller'],
  [
    'a policy over other codes',
    NOTHING,
    () => evaluate({ ...steered, controller: 'controller-2', policy: 'policy-1' }),
    5,
    'another controller',
  ],
  ['a policy that went on from another', NOTHING, () => evaluate({ ...steered, policy: 'policy-long' }), ACCEPTED, 'adapter'],
  ['an analysis over another base', NOTHING, () => ['analyse', 'injection', ...given({ ...steered, base: 'base-2' })], 5, 'another base'],
  ['a base given twice', NOTHING, () => evaluate({ base: 'base-1' }, '--base', at('base-2')), 2, 'Leave the other out'],
  [
    'a task given twice',
    NOTHING,
    () => evaluate({ base: 'base-1' }, '--task', '01', '--set', 'reinforce.task=10'),
    2,
    'Leave the other out',
  ],
  ['the same task given twice', NOTHING, () => evaluate({ base: 'base-1' }, '--task', '01', '--set', 'reinforce.task=01'), ACCEPTED, ''],
  [
    'a count of episodes edited under a policy',
    () => edit('policy-1/checkpoint/progress.json', (text) => text.replace(/"episodes": \d+/, '"episodes": 9999999')),
    () => evaluate({ ...steered, policy: 'policy-1' }),
    5,
    'progress.json',
  ],
  [
    'a checkpoint without progress.json',
    () => remove('base-1/checkpoint/progress.json'),
    () => evaluate({ base: 'base-1' }),
    5,
    'progress.json',
  ],
  [
    "another run's whole checkpoint in a finished run",
    () => copy('base-2/checkpoint', 'base-1/checkpoint'),
    () => evaluate({ base: 'base-1' }),
    5,
    "another run's: seed is 2 there, 1 here",
  ],
  [
    "a link to another run's checkpoint",
    () => {
      remove('base-1/checkpoint');
      fs.symlinkSync('../base-2/checkpoint', at('base-1/checkpoint'));
    },
    () => ['discover', ...given({ base: 'base-1' })],
    5,
    "another run's: seed is 2 there, 1 here",
  ],
  [
    'a run put back to an earlier checkpoint',
    () => putBack('base-1'),
    () => evaluate({ base: 'base-1' }),
    ACCEPTED,
    'after 1 steps is used',
  ],
  ['a kept checkpoint', NOTHING, () => evaluate({ base: 'base-1/checkpoints/step-000000001' }), ACCEPTED, 'after 1 steps is used'],
  [
    'the checkpoint itself of a run without a result',
    () => remove('base-1/result.json'),
    () => evaluate({ base: 'base-1/checkpoint' }),
    ACCEPTED,
    'after 2 steps is used',
  ],
  [
    "another run's result in a run without one",
    () => {
      remove('base-1/seal.json');
      putBack('base-1');
      copy('base-2/result.json', 'base-1/result.json');
      copy('base-2/seal.json', 'base-1/seal.json');
    },
    () => evaluate({ base: 'base-1' }),
    ACCEPTED,
    'after 1 steps is used',
  ],
  [
    "another run's weights in a folder that was kept",
    () => {
      fs.mkdirSync(at('kept'));
      for (const name of ['config.json', 'seal.json', 'result.json']) copy(`base-1/${name}`, `kept/${name}`);
      copy('base-2/checkpoint/model.safetensors', 'kept/model.safetensors');
    },
    () => evaluate({ base: 'kept' }),
    5,
    'not the bytes that its run saved',
  ],
  [
    "another library's skills",
    () => copy('library-2/skills.json', 'library-1/skills.json'),
    () => ['play', ...given({ ...steered, library: 'library-1' }), '--skills', '0'],
    7,
    'not what this run left',
  ],
  [
    'a library of another controller',
    NOTHING,
    () => ['play', ...given({ ...steered, library: 'library-2' }), '--skills', '0'],
    5,
    'another controller',
  ],
  [
    'the seed of an input edited',
    () => edit('policy-1/config.json', (text) => text.replace(/("base": \{[^}]*"seed": )1/, '$17')),
    () => ['reinforce', ...given(steered).slice(0, -2), '--seed', '1', '--out', at('policy-1')],
    6,
    'inputs.base.seed is 7 there, 1 here',
  ],
];

it.each(starting)('starting from %s', async (_, confuse, args, code, said) => {
  confuse();
  const result = await coxswain(...args());
  expect(result.code, result.err).toBe(code);
  expect(result.err).toContain(said);
});

it('does not guess how many episodes a kept policy has seen that went on from another', () => {
  fs.mkdirSync(at('kept'));
  for (const name of ['config.json', 'model.safetensors']) copy(`policy-long/checkpoint/${name}`, `kept/${name}`);
  expect(codeOf(() => episodesSeen(openModel(at('kept'), 'policy', 'reinforce')))).toBe('bad-checkpoint');
  copy('policy-long/checkpoint/progress.json', 'kept/progress.json');
  expect(episodesSeen(openModel(at('kept'), 'policy', 'reinforce'))).toBe(1024);
});

describe('a sweep', () => {
  const sweep = (): Promise<{ code: number; out: string; err: string }> => {
    fs.writeFileSync(
      at('sweep.yaml'),
      `folder: ${at('.')}\npreset: grid-mini\nruns:\n  base-1:\n    command: pretrain\n    options: { seed: 1 }\n`,
    );
    return coxswain('sweep', at('sweep.yaml'), '--dry');
  };
  const standings: [what: string, confuse: () => void, stands: string][] = [
    ['finished', NOTHING, 'finished'],
    ["with another run's result", () => copy('base-2/result.json', 'base-1/result.json'), 'missing'],
    ['with an empty result', () => fs.writeFileSync(at('base-1/result.json'), ''), 'missing'],
    ['put back to an earlier checkpoint', () => putBack('base-1'), 'missing'],
  ];
  it.each(standings)('knows a run that is %s', async (_, confuse, stands) => {
    confuse();
    const { code, out, err } = await sweep();
    expect(code, err).toBe(0);
    expect(out).toMatch(new RegExp(`^${stands} +base-1 `));
  });

  it('takes 0123 for the task that it is', () => {
    const { axes, runs } = parseSweep(
      'folder: a\naxes: { task: [0123, 3210] }\nruns: { a: { command: evaluate, options: { task: 0123 }, set: { discover.alpha: 0.0010 } } }',
      'sweep.yaml',
    );
    expect(axes.task).toEqual(['0123', '3210']);
    expect(runs.a).toMatchObject({ options: { task: '0123' }, set: { 'discover.alpha': '0.0010' } });
  });
});

it('a run whose folder was moved away writes nothing into what took its place', () => {
  const config = preset('grid-mini');
  const of = (seed: number) =>
    identify({ phase: 'pretrain', preset: 'grid-mini', seed, config: pick(config, ['world', 'model', 'pretrain']), inputs: {} });
  const first = new RunFolder(at('run'), of(1), '');
  first.save(1, { files: files(1) });
  fs.renameSync(at('run'), at('moved'));
  const second = new RunFolder(at('run'), of(2), '');
  expect(codeOf(() => first.save(2, { files: files(2) }))).toBe('folder-busy');
  expect(codeOf(() => first.writeArtifact('result.json', {}))).toBe('folder-busy');
  first.close();
  expect(fs.existsSync(at('run/checkpoint'))).toBe(false);
  second.save(1, { files: files(3) });
  second.close();
  expect(fs.existsSync(at('run/lock'))).toBe(false);
});
