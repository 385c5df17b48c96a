/** Holds every kernel's text against its declaration; that the two compile together is `compiles.test.ts`. */
import { expect, test } from 'vitest';
import { type AdapterTraits, kernelsIn } from './declaration.js';
import * as room from './index.js';
import { bindingLines, specialise } from './launch.js';

const kernels = kernelsIn(room);

const adapters: AdapterTraits[] = [
  { family: 'software', f16: false },
  { family: 'gpu', f16: false },
];

test('names are unique', () => {
  expect(new Set(kernels.map((k) => k.name)).size).toBe(kernels.length);
});

for (const kernel of kernels) {
  for (const adapter of adapters) {
    test(`${kernel.name} on ${adapter.family}: what is declared has a length, a grid and a cost, and is written`, () => {
      const text = bindingLines(kernel).reduce((rest, line) => rest.replace(line, ''), specialise(kernel, kernel.sample, adapter));
      const code = text.replace(/\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');
      const lengths = kernel.lengths?.(kernel.sample, adapter) ?? {};
      expect(Object.keys(lengths).sort()).toEqual(kernel.buffers.map(({ name }) => name).sort());
      // Kernels that stand for each other bind the same buffers, and not each of them reads all.
      const outputs = kernel.buffers.filter(({ name, access }) => access === 'read_write' && lengths[name] > 0);
      expect(outputs.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
      for (const length of Object.values(lengths)) expect(Number.isInteger(length) && length >= 0).toBe(true);
      const { flops, bytes } = kernel.cost(kernel.sample);
      expect(flops).toBeGreaterThanOrEqual(0);
      expect(bytes).toBeGreaterThan(0);
      for (const groups of kernel.grid(kernel.sample, adapter)) expect(groups).toBeGreaterThanOrEqual(1);
    });
  }
}
