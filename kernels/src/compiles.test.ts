/** Compiles every kernel as the text that is launched, in both families, by Dawn's own compiler. */
import { expect, test } from 'vitest';
import { type AdapterTraits, kernelsOf } from './declaration.js';
import * as room from './index.js';
import { specialise } from './launch.js';
import { testDevice } from './testing/harness.js';

const kernels = kernelsOf(room);

test.each(['software', 'gpu'] as const)('every kernel compiles for %s adapters', async (family) => {
  const { device, traits } = await testDevice();
  const adapter: AdapterTraits = { ...traits, family };
  const modules = kernels.map((kernel) => {
    const code = specialise(kernel, kernel.sample, adapter);
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: kernel.name, code });
    return { kernel, code, module, error: device.popErrorScope() };
  });
  const refused: string[] = [];
  for (const { kernel, code, module, error } of modules) {
    await error;
    const { messages } = await module.getCompilationInfo();
    for (const { message, lineNum } of messages.filter(({ type }) => type === 'error'))
      refused.push(`${kernel.name}: ${message} in «${code.split('\n')[lineNum - 1]}»`);
  }
  const withoutFeature = refused.filter((text) => !/subgroup_matrix|chromium_experimental/.test(text));
  expect(traits.subgroupMatrix ? refused : withoutFeature).toEqual([]);
});
