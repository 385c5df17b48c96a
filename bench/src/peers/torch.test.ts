import { spawnSync } from 'node:child_process';
import { HostRandom, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { Transformer } from '@coxswain/transformer';
import { expect, test } from 'vitest';
import type { Case } from '../case.js';
import { adamwCases } from '../cases/adamw.js';
import { attentionCases } from '../cases/attention.js';
import { gruCases } from '../cases/gru.js';
import { matmulCases } from '../cases/matmul.js';
import { rowCases } from '../cases/rows.js';
import type { Contestant } from '../contestant.js';
import { worstError } from '../correctness.js';
import { makeBatch, pretraining, pretrainingLoss } from '../training/pretraining.js';
import { openTorch } from './torch.js';

/** Whichever Python has PyTorch, if any. */
const python = ['python3', '/usr/bin/python3'].find((name) => spawnSync(name, ['-c', 'import torch, numpy']).status === 0);

const cases: Case[] = [matmulCases[0], attentionCases[0], attentionCases[4], gruCases[0], rowCases[0], rowCases[2], adamwCases[0]];

test.skipIf(!python)('PyTorch gives the same answers, and trains from the same weights', { timeout: 120_000 }, async () => {
  const contestants = await openTorch(python as string);
  const [eager] = contestants;
  for (const item of cases) {
    const inputs = item.inputs();
    const prepared = await eager.prepare(item, inputs);
    if (!prepared) throw new Error(`PyTorch has no ${item.name}`);
    expect(worstError(await prepared.outputs(), item.reference(inputs)), item.name).toBeLessThan(item.tolerance);
    expect(await prepared.sample?.(2)).toBeGreaterThan(0);
    prepared.dispose();
  }
  const device = await requestDevice();
  const small = { config: { ...pretraining.config, width: 16, depth: 2, heads: 2, mlp: 32 }, batch: 4, time: 8 };
  const store = new ParameterStore(device);
  const model = new Transformer(store, small.config);
  store.finish(new HostRandom(1));
  const start = await store.save();
  const batch = makeBatch(small);
  const step = await (eager.pretrain as NonNullable<Contestant['pretrain']>)(small, batch, start);
  expect((await step.outputs())[0][0]).toBeCloseTo(pretrainingLoss(small, batch, start), 4);
  await step.run();
  expect((await step.outputs())[0][0]).toBeLessThan(pretrainingLoss(small, batch, start));
  for (const part of [model, store, device]) 'close' in part ? part.close() : part.dispose();
  for (const one of contestants) one.close();
});

test('a Python without PyTorch is named', async () => {
  await expect(openTorch('no-such-python')).rejects.toThrow('no-such-python');
});
