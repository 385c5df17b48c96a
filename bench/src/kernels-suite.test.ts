import type { AdapterTraits } from '@coxswain/kernels';
import { dryDevice, type Tensor } from '@coxswain/tensor';
import { describe, expect, test } from 'vitest';
import { cases } from './kernels-suite.js';

const traits: readonly AdapterTraits[] = [
  { family: 'software', f16: true, subgroups: { min: 8, max: 8 } },
  { family: 'gpu', f16: true, subgroups: { min: 32, max: 32 } },
];

describe.each(traits)('$family', (adapter) => {
  // Rows for GPUs alone are larger ones of the same.
  const suited = cases.filter(({ suits }) => suits?.(traits[0]) ?? true);
  // What a row asks for is checked as on an adapter; nothing runs.
  test.each(suited.map((item) => [`${item.name} ${item.shape} ${item.dtype ?? ''}`, item] as const))('%s is recorded', (_, item) => {
    const inputs = item.inputs();
    using device = dryDevice(adapter);
    const given: Record<string, Tensor> = {};
    for (const [name, { shape, data }] of Object.entries(item.pack?.(inputs) ?? inputs)) given[name] = device.tensor(data, [...shape]);
    const program = device.capture(() => Object.fromEntries(item.ours(given, device).map((tensor, i) => [`output ${i}`, tensor])));
    expect(program.length).toBeGreaterThan(0);
    program.dispose();
  });
});
