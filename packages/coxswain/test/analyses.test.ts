/**
 * Every analysis end to end on a tiny model, and what it refuses. Whether the numbers mean anything is tested beside
 * each of them.
 */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METRICS } from '@coxswain/internal-rl';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYSES, PHASES } from '../src/lists.js';
import { ask, set } from './ask.js';

let root: string;
let opened = 0;
const at = (name: string): string => join(root, name);
const coxswain = (...args: string[]) =>
  ask(args, PHASES, {
    openDevice: () => {
      opened++;
      return requestDevice();
    },
  });

const done = async (...args: string[]): Promise<void> => {
  const { code, err } = await coxswain(...args);
  expect(code, err).toBe(0);
};

const MODEL = { 'model.width': 16, 'model.depth': 2, 'model.heads': 2, 'model.mlp': 32 };
const PRETRAIN = {
  'pretrain.steps': 4,
  'pretrain.warmup': 1,
  'pretrain.batch': 16,
  'pretrain.episodes': 100,
  'pretrain.evaluationEpisodes': 20,
};
/** A switch that is hardly trained opens at some of the steps, not at the first alone. */
const CONTROLLER = {
  'metacontroller.layer': 1,
  'metacontroller.rank': 4,
  'metacontroller.history': 8,
  'metacontroller.sequence': 8,
  'metacontroller.switchBias': 0.5,
};
const DISCOVER = {
  'discover.view': 'touches',
  'discover.starts': 2,
  'discover.startsBy': 'neighbours',
  'discover.injectionEpisodes': 1,
  'discover.startSteps': 4,
  'discover.steps': 6,
  'discover.warmup': 1,
  'discover.batch': 16,
  'discover.episodes': 100,
  'discover.laterGateFrom': 3,
  'discover.alphaWarmup': 3,
  'discover.evaluationEpisodes': 40,
};
/** The second stage is the last, whatever it finds. */
const STAGED = {
  ...CONTROLLER,
  ...DISCOVER,
  'discover.view': 'event-free',
  'discover.starts': 1,
  'discover.momentRule': 'share',
  'stages.steps': 6,
  'stages.laterGateFrom': 3,
  'stages.alphaWarmup': 3,
  'stages.agreement': 0,
  'discover.injectionEpisodes': 0,
};
const RL = {
  'reinforce.task': '3',
  'reinforce.horizon': 8,
  'internal.updates': 2,
  'internal.episodesPerUpdate': 16,
  'evaluate.episodes': 16,
  'evaluate.longTask': '',
};
const SUPERVISE = { 'supervise.steps': 3, 'supervise.batch': 16, 'supervise.episodes': 64, 'supervise.evaluationEpisodes': 20 };
const SMALL = { 'discover.evaluationEpisodes': 40 };

beforeAll(async () => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-analyses-'));
  await done('pretrain', '--out', at('base'), ...set({ ...MODEL, ...PRETRAIN }));
  await done('discover', '--base', at('base'), '--out', at('controller'), ...set({ ...CONTROLLER, ...DISCOVER }));
  for (const seed of [1, 2, 3])
    await done(
      'reinforce',
      '--base',
      at('base'),
      '--controller',
      at('controller'),
      '--seed',
      String(seed),
      '--out',
      at(`rl/${seed}`),
      ...set(RL),
    );
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** What each analysis is given. */
const ARGUMENTS: Readonly<Record<string, () => string[]>> = {
  probes: () => ['--base', at('base'), ...set(SMALL)],
  controllers: () => [
    '--base',
    at('base'),
    ...set({ 'metacontroller.rank': 4, 'metacontroller.layer': 1, 'metacontroller.embedderLayer': 2, ...SUPERVISE }),
  ],
  jumps: () => ['--base', at('base'), ...set(SMALL)],
  switches: () => ['--base', at('base'), '--controller', at('controller')],
  injection: () => ['--base', at('base'), '--controller', at('controller')],
  neighbours: () => ['--base', at('base'), '--controller', at('controller')],
  'gradient-variance': () => ['--base', at('base'), '--controller', at('controller'), ...set({ 'internal.episodesPerUpdate': 16 })],
  ceiling: () => ['--base', at('base'), '--controller', at('controller'), '--policy', at('rl/1'), ...set(SUPERVISE)],
};

describe.each(ANALYSES.map(({ name }) => name))('analyse %s', (name) => {
  it('writes its numbers and a figure, and is not run twice', async () => {
    const args = ['analyse', name, ...ARGUMENTS[name](), '--out', at(`analyses/${name}`)];
    await done(...args);
    const path = at(`analyses/${name}/analysis.json`);
    const found = JSON.parse(fs.readFileSync(path, 'utf8'));
    expect(found).toMatchObject({ name });
    for (const text of ['title', 'about', 'paper']) expect(found[text].length).toBeGreaterThan(10);
    for (const { columns, rows } of found.tables) {
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(row).toHaveLength(columns.length);
    }
    const figure = fs.readFileSync(at(`analyses/${name}/figure.svg`), 'utf8');
    expect(figure).toMatch(/^<svg xmlns/);
    expect(figure).not.toMatch(/NaN|undefined|Infinity/);
    const before = opened;
    await done(...args);
    // Nothing is computed again.
    expect(opened).toBe(before);
    expect(JSON.parse(fs.readFileSync(path, 'utf8'))).toEqual(found);
  });
});

it('of two starts the one goes on whose neighbouring codes agree more, which is measured at the end too', () => {
  const metrics = fs
    .readFileSync(at('controller/metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const scores = metrics.flatMap((row) => (METRICS.neighboursAgree in row ? [row[METRICS.neighboursAgree]] : []));
  const result = JSON.parse(fs.readFileSync(at('controller/result.json'), 'utf8'));
  expect(scores).toHaveLength(2);
  expect(result.start).toBe(scores[1] > scores[0] ? 1 : 0);
  expect(result.neighbours).toMatchObject([{ step: 6 }, { step: 12 }]);
});

it('a controller that was found in stages can be asked the same, and its stages are drawn', async () => {
  const staged = ['--base', at('base'), '--controller', at('staged')];
  await done('discover', '--base', at('base'), '--out', at('staged'), ...set(STAGED));
  for (const name of ['switches', 'injection', 'gradient-variance'])
    await done('analyse', name, ...staged, ...set({ 'internal.episodesPerUpdate': 16 }), '--out', at(`of-staged/${name}`));
  const drawn = fs.readFileSync(at('staged/stages.json'), 'utf8');
  expect(JSON.parse(drawn)).toMatchObject([0, 1, 2, 3, 4, 5].map((i) => ({ title: `seed 0, episode ${i}`, stages: [{}, {}] })));
  expect(fs.readFileSync(at('of-staged/switches/stages.json'), 'utf8')).toBe(drawn);
  await done('report', '--runs', at('of-staged'), '--out', at('staged.html'));
  expect(fs.readFileSync(at('staged.html'), 'utf8')).toContain('what each stage was shown and found');
});

it('analyses join the report and the results', async () => {
  await done('report', '--runs', root, '--out', at('report.html'), '--results', at('results/all'));
  const html = fs.readFileSync(at('report.html'), 'utf8');
  const markdown = fs.readFileSync(at('results/all.md'), 'utf8');
  for (const { name } of ANALYSES) {
    expect(markdown).toContain(`(all/${name}.svg)`);
    expect(fs.existsSync(at(`results/all/${name}.json`))).toBe(true);
  }
  for (const word of ['Probes', 'Codes are skills', 'The paper:']) {
    expect(html).toContain(word);
    expect(markdown).toContain(word);
  }
});

it('analyses of finished runs: curves, the success map, rate–distortion', async () => {
  for (const name of ['curves', 'map', 'rate-distortion']) {
    await done('analyse', name, '--runs', root, '--out', at(`summaries/${name}`));
    const found = JSON.parse(fs.readFileSync(at(`summaries/${name}/analysis.json`), 'utf8'));
    expect(found.tables[0].rows.length).toBeGreaterThan(0);
  }
  // Quartiles around the median.
  expect(fs.readFileSync(at('summaries/curves/figure.svg'), 'utf8')).toContain('aria-label="area"');
});

it('curves of fewer runs than quartiles need are drawn without them, and it is said', async () => {
  await done('analyse', 'curves', '--runs', at('rl/1'), '--out', at('summaries/one'));
  const { charts, tables } = JSON.parse(fs.readFileSync(at('summaries/one/analysis.json'), 'utf8'));
  expect(charts[0].about).toContain('No quartiles for Internal RL, touches: they take 3 runs.');
  expect(charts[0].curves[0].points).toHaveLength(2);
  expect(tables[0].rows[0].slice(-2)).toEqual([null, null]);
  const figure = fs.readFileSync(at('summaries/one/figure.svg'), 'utf8');
  expect(figure).not.toContain('aria-label="area"');
  expect(figure).toContain('Internal RL, touches (1 run)');
});

it('RL goes on from what another run learned, and counts the episodes of both', async () => {
  const started = ['--base', at('base'), '--controller', at('controller')];
  const still = set({ ...RL, 'internal.learningRate': 0, 'reinforce.task': '31' });
  await done('reinforce', ...started, '--policy', at('rl/1'), '--out', at('on/1'), ...still);
  await done('reinforce', ...started, '--policy', at('on/1'), '--out', at('on/2'), ...still);
  const read = (run: string) => fs.readFileSync(at(`${run}/checkpoint/model.safetensors`));
  expect(read('on/2').equals(read('rl/1'))).toBe(true);
  expect(read('rl/2').equals(read('rl/1'))).toBe(false);
  const episodes = ['rl/1', 'on/1', 'on/2'].map((run) => JSON.parse(fs.readFileSync(at(`${run}/result.json`), 'utf8')).rows[0].episodes);
  expect(episodes).toEqual([32, 64, 96]);
});

describe('refused', () => {
  it.each<[string, () => string[], number, RegExp]>([
    ['an unknown analysis', () => ['analyse', 'porbes'], 2, /`porbes`.*Did you mean `probes`/],
    ['a missing controller', () => ['analyse', 'injection', '--base', at('base')], 2, /--controller: missing/],
    [
      'a base in place of a controller',
      () => ['analyse', 'switches', '--base', at('base'), '--controller', at('base')],
      5,
      /made by `coxswain pretrain`/,
    ],
    [
      'a policy without its controller',
      () => ['analyse', 'ceiling', '--base', at('base'), '--policy', at('rl/1'), '--out', at('never')],
      2,
      /--controller: missing, expected the controller that --policy was made with/,
    ],
    ['no run of RL where curves are asked for', () => ['analyse', 'curves', '--runs', at('base')], 2, /no run of `coxswain reinforce`/],
    ['runs without any discovery', () => ['analyse', 'map', '--runs', at('rl')], 2, /no finished run of `coxswain discover`/],
    [
      'one window of attention where two are compared',
      () => ['analyse', 'memory', '--runs', root],
      2,
      /one window of attention \(all steps\)/,
    ],
    ['an unknown baseline', () => ['discover', '--method', 'compiled', '--base', at('base')], 4, /discover.method.*compile/],
  ])('%s', async (_, args, code, said) => {
    const result = await coxswain(...args());
    expect(result.code).toBe(code);
    expect(result.err).toMatch(said);
    expect(result.err.trim().split('\n').at(-1)).not.toMatch(/^\s+at /);
  });
});
