import { expect, it } from 'vitest';
import { kernelLines, kernelTable } from './kernels.js';

const peaks = { flops: 1e12, bytes: 1e11 };
const launches = [
  // 1 GFLOP at 1 TFLOP/s is a millisecond at least; a byte counts for nothing beside it.
  { name: 'matmul', seconds: 0.002, cost: { flops: 1e9, bytes: 1 } },
  { name: 'fill', seconds: 0.004, cost: { flops: 0, bytes: 1e8 } },
  { name: 'matmul', seconds: 0.006, cost: { flops: 3e9, bytes: 1 } },
  { name: 'quick', seconds: 0, cost: { flops: 1, bytes: 1 } },
];

it('adds up launches by kernel, slowest first, and says how far they are from the roofline', () => {
  const lines = kernelLines(launches, 2, peaks);
  expect(lines.map(({ kernel }) => kernel)).toEqual(['matmul', 'fill', 'quick']);
  expect(lines[0]).toMatchObject({ launches: 1, seconds: 0.004, flops: 2e9, bytes: 1 });
  expect(lines[0].roofline).toBeCloseTo(0.5, 12);
  expect(lines[1].roofline).toBeCloseTo(0.25, 12);
  expect(lines[2].roofline).toBe(0);
});

it('has a table of those that take their share', () => {
  const kernels = kernelLines(launches, 2, peaks);
  const [heads, ...rows] = kernelTable({ peaks, kernels });
  expect(rows).toEqual([
    ['matmul', '1', '4', '67 %', '500', '2.5e-7', '50 %'].map((cell, i) => (heads[i] === 'GB/s' ? expect.anything() : cell)),
    ['fill', '0.5', '2', '33 %', '0', '25', '25 %'],
    ['quick', '0.5', '0', '0.0 %', '–', '–', '–'],
  ]);
  expect(kernelTable({ peaks, kernels }, 0.5)).toHaveLength(2);
});
