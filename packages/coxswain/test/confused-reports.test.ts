/**
 * Finished runs that could be taken for one another by what reads them: left out with a word, counted once, told apart.
 */
import fs from 'node:fs';
import { buildTables } from '@coxswain/internal-rl';
import { findRunFolders, findRuns } from '@coxswain/lab';
import { describe, expect, it } from 'vitest';
import { madeRuns } from './made-runs.js';

const { at, copy, remove, edit, putBack, coxswain } = madeRuns();

/**
 * What is done to `policy-1` beside `policy-2`, or to a folder named here, and what is said of the run that is left
 * out.
 */
const reported: [what: string, confuse: () => void, said: string][] = [
  ["another run's result", () => copy('policy-2/result.json', 'policy-1/result.json'), 'not what this run left'],
  ["another run's episodes", () => copy('policy-2/episodes.json', 'policy-1/episodes.json'), 'not what this run left'],
  ["another run's skills", () => copy('library-1/skills.json', 'policy-1/skills.json'), 'not what this run left'],
  ["another analysis's findings", () => copy('switches-2/analysis.json', 'switches-1/analysis.json'), 'not what this run left'],
  ["another run's metrics", () => copy('policy-2/metrics.jsonl', 'policy-1/metrics.jsonl'), 'bytes that the checkpoint counts'],
  ["another run's config.json", () => copy('policy-2/config.json', 'policy-1/config.json'), "its checkpoint is another run's"],
  ["another run's checkpoint", () => copy('policy-2/checkpoint', 'policy-1/checkpoint'), "its checkpoint is another run's"],
  ["another run's seal", () => copy('policy-2/seal.json', 'policy-1/seal.json'), "its seal.json is another run's"],
  ['a seal edited', () => edit('policy-1/seal.json', (text) => text.replace(/("result.json": ")\w/, '$1x')), 'was changed since'],
  [
    'the seed of an input edited',
    () => edit('policy-1/config.json', (text) => text.replace(/("base": \{[^}]*"seed": )1/, '$17')),
    'inputs.base.seed is 1 there, 7 here',
  ],
  [
    "another run's lines after its own",
    () => fs.appendFileSync(at('policy-1/metrics.jsonl'), fs.readFileSync(at('policy-2/metrics.jsonl'))),
    'bytes more than the run wrote',
  ],
  ['metrics that are not there', () => remove('policy-1/metrics.jsonl'), 'bytes that the checkpoint counts'],
  ['config.json that is not there', () => remove('policy-1/config.json'), 'no config.json'],
  [
    'lines in another order, without a checkpoint',
    () => {
      remove('policy-1/checkpoint');
      edit('policy-1/metrics.jsonl', (text) => `${text.trim().split('\n').reverse().join('\n')}\n`);
    },
    'line 2 is of step 1, after one of step 2',
  ],
  [
    'a line twice, without a checkpoint',
    () => {
      remove('policy-1/checkpoint');
      edit('policy-1/metrics.jsonl', (text) => `${text}${text.trim().split('\n').at(-1)}\n`);
    },
    'line 3 is the one before it again',
  ],
  ['a copy under another name', () => copy('policy-1', 'policy-1-copy'), `the very run that is in `],
];

const report = (...folders: string[]) =>
  coxswain('report', ...folders.flatMap((folder) => ['--runs', at(folder)]), '--out', at('out.html'), '--results', at('results'));
const rowsOf = (): { rlSeed: number }[] => JSON.parse(fs.readFileSync(at('results.json'), 'utf8'));

it.each(reported)('a report says that it leaves out a run with %s', async (_, confuse, said) => {
  confuse();
  const { code, err } = await report('.');
  expect(code, err).toBe(0);
  expect(err).toMatch(/Warning: left out \S*(policy-1|switches-1)/);
  expect(err).toContain(said);
});

describe('runs are counted once', () => {
  it('however many ways lead to them', async () => {
    fs.symlinkSync(at('policy-1'), at('link'));
    fs.mkdirSync(at('elsewhere'));
    fs.symlinkSync(at('policy-2'), at('elsewhere/two'));
    const { code, err } = await report('policy-1', './policy-1/', 'link', 'elsewhere');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(rowsOf().map(({ rlSeed }) => rlSeed)).toEqual([1, 2]);
  });

  it('the copy that came furthest', () => {
    copy('policy-1', 'a-copy');
    putBack('a-copy');
    for (const name of ['result.json', 'seal.json', 'episodes.json']) remove(`a-copy/${name}`);
    const skipped: string[] = [];
    const runs = findRuns([at('a-copy'), at('policy-1')], { skipped: (folder) => skipped.push(folder) });
    expect([runs.map(({ folder }) => folder), skipped]).toEqual([[at('policy-1')], [at('a-copy')]]);
  });

  it('one inside another too, and no link is followed in a circle', () => {
    fs.renameSync(at('policy-2'), at('policy-1/two'));
    fs.symlinkSync(at('policy-1'), at('policy-1/circle'));
    expect(findRunFolders(at('policy-1'))).toEqual([at('policy-1'), at('policy-1/two')]);
  });

  it('a policy that was measured again', () => {
    const [own] = findRuns(at('policy-1'));
    const again = (task: string, learned: string) => ({
      ...own,
      config: { ...own.config, phase: 'evaluate' },
      rows: [{ ...own.rows[0], task, learned, success: 0.75 }],
    });
    const tables = buildTables([own, again('0123', '0123'), again('01230123', '0123')]);
    const of = (title: string) => tables.find((table) => table.title === title)?.rows;
    expect(of('Success, summary')).toEqual([['Internal RL, event-free', '0123', own.rows[0].episodes, 1, null, null, null, '0.250']]);
    expect(of('Success on a task that was not learned')).toEqual([
      ['Internal RL, event-free', '0123', '01230123', own.rows[0].episodes, 1, null, null, null, '0.750'],
    ]);
    expect(of('Success, every run')).toHaveLength(2);
  });
});

describe('runs together', () => {
  it('that differ in settings are told apart in a report, and told by what shares their median elsewhere', async () => {
    const { err } = await report('policy-1', 'policy-2', 'policy-hot');
    expect(err).toMatch(
      /Warning: Internal RL, event-free on 0123, \d+ episodes: told apart, for its runs differ in reinforce\.temperature \(0\.5, 2\)/,
    );
    const { err: more } = await coxswain(
      'analyse',
      'curves',
      ...['policy-1', 'policy-2', 'policy-hot'].flatMap((name) => ['--runs', at(name)]),
      '--out',
      at('out'),
    );
    expect(more).toContain('reinforce.temperature (0.5, 2)');
    expect((await report('policy-1', 'policy-2', 'raw-1')).err).toBe('');
  });

  it('of one name are told apart, and not written over each other for TensorBoard', async () => {
    for (const [from, to] of [
      ['policy-1', 'p'],
      ['policy-2', 'q'],
    ])
      copy(from, `${to}/run`);
    const { code, err } = await coxswain('tensorboard', '--runs', at('p'), '--runs', at('q'), '--out', at('out'));
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('two runs named run') });
    const { out } = await coxswain('watch', at('p'), at('q'), '--all', '--once');
    for (const name of ['p', 'q']) expect(out).toContain(`${at(name, 'run')}  reinforce`);
  });
});

it("a run's progress is its own, whatever timing.jsonl says", async () => {
  remove('policy-1/result.json');
  fs.writeFileSync(at('policy-1/timing.jsonl'), '{"step":200,"seconds":4,"charts/SPS":1000000}\n');
  const { out } = await coxswain('watch', at('policy-1'), '--all', '--once');
  expect(out).toMatch(/stopped +2\/290 updates/);
  expect(out).not.toContain('updates/s');
});
