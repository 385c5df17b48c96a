/** The whole method on every kind of sequence model. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METRICS } from '@coxswain/internal-rl';
import { allSettings, readMetrics, resolve } from '@coxswain/lab';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { phaseCost } from '../src/cost/project.js';
import { PHASES } from '../src/lists.js';
import { ask, set } from './ask.js';

const SIZES = { 'model.width': 16, 'model.depth': 2, 'model.heads': 2, 'model.mlp': 32 };
const PRETRAIN = {
  ...SIZES,
  'pretrain.steps': 4,
  'pretrain.warmup': 1,
  'pretrain.batch': 16,
  'pretrain.episodes': 100,
  'pretrain.evaluationEpisodes': 20,
};
const DISCOVER = {
  'metacontroller.layer': 1,
  'metacontroller.rank': 4,
  'metacontroller.history': 8,
  'metacontroller.sequence': 8,
  'discover.view': 'touches',
  'discover.steps': 4,
  'discover.warmup': 1,
  'discover.batch': 16,
  'discover.episodes': 100,
  'discover.laterGateFrom': 3,
  'discover.alphaWarmup': 3,
  'discover.evaluationEpisodes': 40,
  'discover.injectionEpisodes': 0,
};
const LEARN = {
  'reinforce.task': '3',
  'reinforce.horizon': 8,
  'internal.updates': 3,
  'internal.saveEvery': 2,
  'internal.episodesPerUpdate': 16,
  'raw.updates': 2,
  'raw.episodesPerUpdate': 16,
  'evaluate.episodes': 16,
  'evaluate.longTask': '',
};

// The transformer goes through every other test.
const kinds = ['hawk'] as const;

it('are tried one by one', () => {
  const { setting } = allSettings().find(({ key }) => key === 'model.name') as ReturnType<typeof allSettings>[number];
  for (const name of ['transformer', ...kinds]) expect(setting.accepts(name), name).toBe(true);
  expect(setting.expected).toBe(`one of ${['transformer', ...kinds].join(', ')}`);
});

describe.each(kinds)('%s', (name) => {
  let root: string;
  const at = (folder: string): string => join(root, folder);
  beforeAll(() => {
    root = fs.mkdtempSync(join(tmpdir(), 'coxswain-models-'));
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  const done = async (...args: string[]): Promise<void> => {
    const { code, err } = await ask(args, PHASES, { openDevice: () => requestDevice() });
    expect(code, err).toBe(0);
  };

  it('is trained, steered, and learned with: over codes and on its own actions', async () => {
    await done('pretrain', '--out', at('base'), ...set({ ...PRETRAIN, 'model.name': name }));
    await done('discover', '--base', at('base'), '--out', at('controller'), ...set(DISCOVER));
    await done('reinforce', '--base', at('base'), '--controller', at('controller'), '--out', at('internal'), ...set(LEARN));
    await done('reinforce', '--method', 'raw', '--base', at('base'), '--out', at('raw'), ...set(LEARN));
    for (const folder of ['internal', 'raw']) {
      const config = JSON.parse(fs.readFileSync(at(`${folder}/config.json`), 'utf8'));
      expect(config.config.model.name).toBe(name);
      const { rows } = JSON.parse(fs.readFileSync(at(`${folder}/result.json`), 'utf8'));
      expect(rows[0].success).toBeGreaterThanOrEqual(0);
      expect(rows[0].sampled).toBe(16);
    }
    // Where a run saves the parameters are on the host already: nothing is read for it.
    const spread = (folder: string) => readMetrics(at(`${folder}/metrics.jsonl`)).map((line) => line[METRICS.policySpread] ?? null);
    expect(spread('internal')).toEqual([null, expect.any(Number), expect.any(Number)]);
    expect(spread('raw')).toEqual([null, null]);
  });

  it('is told the cost of', async () => {
    const [pretrain] = PHASES;
    const assignments = Object.entries({ ...PRETRAIN, 'model.name': name }).map(([key, value]) => `${key}=${value}`);
    const { work } = await phaseCost(pretrain, resolve('grid-mini', assignments), { family: 'gpu', f16: false });
    expect(work.products).toBeGreaterThan(0);
    expect(work.attention).toBe(0);
  });
});
