import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { Case } from '../case.js';
import { worstError } from '../correctness.js';
import { cases } from '../kernels-suite.js';
import { openOnnx } from './onnx.js';

const folder = process.env.COXSWAIN_ONNXRUNTIME || '.';
const found = (() => {
  try {
    return createRequire(pathToFileURL(join(folder, 'package.json'))).resolve('onnxruntime-node') !== '';
  } catch {
    return false;
  }
})();

/** The smallest row of each kind. */
const kinds = [
  ...new Map(
    cases
      .filter(({ onnx, suits }) => onnx && !suits)
      .map((item) => [item.name, item] as const)
      .reverse(),
  ).values(),
];

test('kinds of rows are products, attention, rows, movement, images and recurrence', () => {
  expect(kinds.length).toBeGreaterThan(20);
  // It has no gradients.
  expect(cases.filter(({ onnx, name }) => onnx && /backward|AdamW/.test(name))).toEqual([]);
});

test.skipIf(!found)('set COXSWAIN_ONNXRUNTIME to a folder with onnxruntime-node: its CPU provider is right', async () => {
  const contestants = await openOnnx(folder, 2);
  const [cpu] = contestants.filter(({ elsewhere }) => elsewhere === 'processor');
  expect([cpu.name, cpu.version]).toEqual(['onnxruntime cpu', expect.stringMatching(/^\d+\.\d+\.\d+ \(CPU, 2 threads\)$/)]);
  for (const item of kinds as Case[]) {
    const inputs = item.inputs();
    const prepared = await cpu.prepare(item, inputs);
    if (!prepared) throw new Error(`ONNX Runtime has no ${item.name}`);
    const reference = item.reference(inputs);
    const error = async () => {
      const outputs = await prepared.outputs();
      return worstError(item.project?.(outputs) ?? outputs, reference);
    };
    expect(await error(), item.name).toBeLessThanOrEqual(item.tolerance);
    // Run again it writes the same memory, and is as right.
    await prepared.run();
    expect(await error(), item.name).toBeLessThanOrEqual(item.tolerance);
    prepared.dispose();
  }
  for (const one of contestants) one.close();
});

test('where it is not, what to install and which option names it', async () => {
  await expect(openOnnx('/no/such/folder', 1)).rejects.toThrow(/no\/such\/folder.*npm install --ignore-scripts.*--onnxruntime FOLDER/);
});
