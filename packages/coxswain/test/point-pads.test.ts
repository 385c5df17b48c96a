/** The whole method on a world of boxes: forces for actions, a record of positions for what is seen. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '@coxswain/base';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PHASES } from '../src/lists.js';
import { ask, set } from './ask.js';

const SIZES = { 'model.width': 16, 'model.depth': 2, 'model.heads': 2, 'model.mlp': 32 };
const DATA = { 'pretrain.noise': 0.15, 'pretrain.episodes': 64, 'pretrain.evaluationEpisodes': 16 };
const PRETRAIN = { ...SIZES, ...DATA, 'pretrain.steps': 4, 'pretrain.warmup': 1, 'pretrain.batch': 8 };
const DISCOVER = {
  'metacontroller.layer': 1,
  'metacontroller.rank': 4,
  'metacontroller.history': 8,
  'metacontroller.sequence': 8,
  'discover.steps': 4,
  'discover.warmup': 1,
  'discover.batch': 8,
  'discover.episodes': 64,
  'discover.laterGateFrom': 3,
  'discover.alphaWarmup': 3,
  'discover.evaluationEpisodes': 16,
  'discover.injectionEpisodes': 8,
};
const LEARN = {
  'reinforce.task': '3',
  'reinforce.horizon': 20,
  'internal.updates': 2,
  'internal.episodesPerUpdate': 16,
  'raw.updates': 2,
  'raw.episodesPerUpdate': 16,
  'evaluate.episodes': 16,
  'evaluate.longTask': '',
};
const SUPERVISE = { 'supervise.steps': 2, 'supervise.batch': 8, 'supervise.episodes': 32, 'supervise.evaluationEpisodes': 16 };

let root: string;
const at = (folder: string): string => join(root, folder);
beforeAll(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-pads-'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const done = async (...args: string[]): Promise<string> => {
  const { code, out, err } = await ask(args, PHASES, { openDevice: () => requestDevice() });
  expect(code, err).toBe(0);
  return out;
};

it('is trained, steered, and learned with; its episodes are drawn as the world draws them', async () => {
  await done('pretrain', '--preset', 'pads-mini', ...set(PRETRAIN), '--out', at('base'));
  const base = JSON.parse(fs.readFileSync(at('base/result.json'), 'utf8'));
  expect(base).toMatchObject({ obeyed: expect.any(Number), expertNll: expect.any(Number) });
  expect(base).not.toHaveProperty('bayesFloor');
  for (const view of ['touches', 'symmetry', 'partner'])
    await done('discover', '--base', at('base'), ...set({ ...DISCOVER, 'discover.view': view }), '--out', at(view));
  const found = JSON.parse(fs.readFileSync(at('touches/result.json'), 'utf8'));
  expect(found).toMatchObject({ f1Exact: expect.any(Number), readout: expect.any(Number), injection: expect.any(Object) });
  const models = ['--base', at('base'), '--controller', at('touches')];
  await done('analyse', 'switches', ...models, '--out', at('switches'));
  expect(JSON.parse(fs.readFileSync(at('switches/analysis.json'), 'utf8')).about).toContain('(β at least 0.999 with binarised gates)');
  const learn = ['reinforce', '--base', at('base'), ...set(LEARN)];
  await done(...learn, '--controller', at('touches'), '--out', at('internal'));
  await done(...learn, '--method', 'raw', '--out', at('raw'));
  await done('supervise', '--base', at('base'), ...set({ ...LEARN, ...SUPERVISE }), '--out', at('supervised'));
  const [episode] = JSON.parse(fs.readFileSync(at('internal/episodes.json'), 'utf8'));
  expect(episode).toMatchObject({ title: '3, episode 1', svg: expect.stringContaining('<svg') });
  const refused = await ask(['skills', '--base', at('base'), '--controller', at('touches'), '--out', at('skills')], PHASES, {
    openDevice: () => requestDevice(),
  });
  expect(refused.code).toBe(EXIT_CODES['not-offered']);
  expect(refused.err).toContain('World point-pads offers no grid of cells');
  expect(fs.existsSync(at('skills'))).toBe(false);
  await done('report', '--runs', root, '--out', at('report.html'));
  const page = fs.readFileSync(at('report.html'), 'utf8');
  expect(page).toContain(episode.svg);
  expect(page).toContain('Success');
});
