/** The ant by the command: demonstrations of its expert, a model of them, an update on torques, and its picture. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PHASES } from '../src/lists.js';
import { ask, set } from './ask.js';

const SIZES = {
  'model.width': 16,
  'model.depth': 2,
  'model.heads': 2,
  'model.mlp': 32,
  'world.size': 3,
  'world.layouts': 'any',
  'world.tasks': '21',
};
const PRETRAIN = {
  'pretrain.episodes': 16,
  'pretrain.steps': 2,
  'pretrain.warmup': 0,
  'pretrain.batch': 4,
  'pretrain.evaluationEpisodes': 4,
};
const LEARN = {
  'reinforce.task': '2',
  'reinforce.horizon': 20,
  'raw.updates': 1,
  'raw.episodesPerUpdate': 8,
  'evaluate.episodes': 4,
  'evaluate.longTask': '',
};

let root: string;
beforeAll(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-ant-'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const done = async (...args: string[]): Promise<void> => {
  const { code, err } = await ask(args, PHASES, { openDevice: () => requestDevice() });
  expect(code, err).toBe(0);
};

it('is learned from on a recurrent base, acts by it, and is drawn walking', async () => {
  const at = (folder: string): string => join(root, folder);
  await done('pretrain', '--preset', 'ant-mini', ...set({ ...SIZES, ...PRETRAIN }), '--out', at('base'));
  expect(JSON.parse(fs.readFileSync(at('base/config.json'), 'utf8')).config.model.name).toBe('hawk');
  expect(JSON.parse(fs.readFileSync(at('base/result.json'), 'utf8'))).toMatchObject({ expertNll: expect.any(Number) });
  await done('reinforce', '--base', at('base'), '--method', 'raw', ...set(LEARN), '--out', at('raw'));
  const [episode] = JSON.parse(fs.readFileSync(at('raw/episodes.json'), 'utf8'));
  expect(episode).toMatchObject({ title: '2, episode 1', svg: expect.stringMatching(/<g class="still" data-step="0".* data-moves="/) });
});
