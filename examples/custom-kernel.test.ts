import { readFileSync } from 'node:fs';
import { gradientErrors, mul, sum } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { expect, it } from 'vitest';
import { snake } from './custom-kernel.js';

it('is computed, and its gradient agrees with differences, on lengths below, at and past a workgroup', async () => {
  using device = await requestDevice();
  for (const length of [1, 63, 64, 65, 1001]) {
    using _scope = device.scope();
    const data = Float32Array.from({ length }, (_, i) => 4 * Math.sin(i * 1.7));
    const y = await snake(device.tensor(data)).read();
    // Sines of WebGPU are within 2⁻¹¹; those here within 1e-6.
    for (const [i, value] of y.entries()) expect(value).toBeCloseTo(data[i] + Math.sin(data[i]) ** 2, 5);
    const weights = data.map((_, i) => Math.cos(i));
    const { x } = await gradientErrors(device, { x: { data, shape: [length] } }, (inputs) =>
      sum(mul(snake(inputs.x), device.tensor(weights))),
    );
    expect(x).toBeLessThan(5e-3);
  }
});

it('takes less than 30 lines, without comments and what checks it', () => {
  const text = readFileSync(new URL('custom-kernel.ts', import.meta.url), 'utf8');
  const [program] = text.split('\nif (process.argv');
  const lines = program.split('\n').filter((line) => line.trim() !== '' && !/^(\/\*\*|\*)/.test(line.trim()));
  expect(lines.length).toBeLessThan(30);
});
