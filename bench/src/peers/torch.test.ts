import { spawnSync } from 'node:child_process';
import { requestDevice } from '@coxswain/tensor/node';
import { expect, test } from 'vitest';
import type { Case } from '../case.js';
import { adamwCases } from '../cases/adamw.js';
import { attentionCases } from '../cases/attention.js';
import { gruCases } from '../cases/gru.js';
import { imageCases } from '../cases/images.js';
import { inferenceCases } from '../cases/inference.js';
import { matmulCases } from '../cases/matmul.js';
import { movementCases } from '../cases/movement.js';
import { rowCases } from '../cases/rows.js';
import { worstError } from '../correctness.js';
import { Ours } from '../ours.js';
import type { PeerResult } from '../results.js';
import { smallDiscovery, smallPretraining } from '../training/small.js';
import { measureDiscovery, measurePretraining } from '../training/suite.js';
import { openTorch } from './torch.js';

/** Whichever Python has PyTorch, if any. */
const python = ['python3', '/usr/bin/python3'].find((name) => spawnSync(name, ['-c', 'import torch, numpy']).status === 0);

const gradients: Case[] = [matmulCases[0], attentionCases[0], attentionCases[4], gruCases[0], rowCases[0], rowCases[2], adamwCases[0]];
/** The first row of each operation that is measured forward alone. */
const forward = [...inferenceCases, ...movementCases, ...imageCases, ...matmulCases].filter(
  ({ torch, suits }, i, all) => torch && !suits && all.findIndex((other) => other.torch === torch) === i,
);
const cases = [...gradients, ...forward];

test.skipIf(!python)('PyTorch gives the same answers, and trains from the same weights', async () => {
  const contestants = await openTorch(python as string, 2);
  const [eager] = contestants;
  // Threads as asked for, and the libraries that its speed is due to.
  expect(eager.version).toMatch(/^\d+\.\d+.* \(CPU, 2 threads, .*(BLAS|MKL).*\)$|CUDA|NVIDIA/);
  for (const item of cases) {
    const inputs = item.inputs();
    const prepared = await eager.prepare(item, inputs);
    if (!prepared) throw new Error(`PyTorch has no ${item.name}`);
    expect(worstError(await prepared.outputs(), item.reference(inputs)), item.name).toBeLessThanOrEqual(item.tolerance);
    const times = await prepared.sample?.(2);
    expect(Math.min(times?.wall ?? 0, times?.processor ?? 0)).toBeGreaterThan(0);
    prepared.dispose();
  }
  const device = await requestDevice();
  const bench = { ours: new Ours(device, '0'), peers: [eager], peaks: { flops: 1e9, bytes: 1e9 }, samples: 3 };
  const rows = [await measurePretraining(smallPretraining, bench), await measureDiscovery(smallDiscovery, bench)];
  // The loss of the first step against float64, that of the fourth against ours.
  for (const { peers, ratio } of rows) {
    expect(peers['torch eager']).toMatchObject({ samples: 3 });
    expect((peers['torch eager'] as PeerResult).error).toBeLessThan(1e-4);
    expect(ratio).toBeUndefined();
  }
  device.close();
  for (const one of contestants) one.close();
});

test('a Python without PyTorch is named', async () => {
  await expect(openTorch('no-such-python', 2)).rejects.toThrow('no-such-python');
});
