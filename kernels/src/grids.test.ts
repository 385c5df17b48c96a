/** Grids of every kernel for any sizes: whole, at least one workgroup, and no longer than an axis may be. */
import { expect, test } from 'vitest';
import { type AdapterTraits, type Kernel, MAX_WORKGROUPS_PER_AXIS } from './declaration.js';
import * as room from './index.js';

const isKernel = (value: unknown): value is Kernel =>
  typeof value === 'object' && value !== null && 'source' in value && 'buffers' in value;
const kernels = (Object.values(room) as unknown[]).filter(isKernel);

const adapters: AdapterTraits[] = [
  { family: 'software', f16: false },
  { family: 'software', f16: true, subgroups: { min: 8, max: 8 }, threads: 64 },
  { family: 'gpu', f16: true, subgroups: { min: 32, max: 32 }, subgroupMatrix: { m: 16, n: 16, k: 16 } },
];

/** A sample's sizes, each in turn set to nothing and to more than any axis holds. */
function* extremes(sample: Record<string, number>): Generator<Record<string, number>> {
  yield sample;
  for (const [name, value] of Object.entries(sample)) {
    if (!Number.isInteger(value) || value < 1) continue;
    for (const size of [0, 1, 70_001, 2_500_000, 20_000_000]) yield { ...sample, [name]: size };
  }
}

/** Bytes beyond which no adapter has memory: such a shape is never launched. */
const MEMORY = 2 ** 36;

const fits = (grid: readonly number[], least: number): boolean =>
  grid.every((n) => Number.isInteger(n) && n >= least && n <= MAX_WORKGROUPS_PER_AXIS);

/** Whether the kernel has anything to write, as far as it says how much. */
function writes({ buffers, lengths }: Kernel, shape: Record<string, number>, adapter: AdapterTraits): boolean {
  const sizes = lengths?.(shape, adapter) ?? {};
  return buffers.some(({ name, access }) => access === 'read_write' && sizes[name] > 0);
}

/**
 * Sizes that are few by nature, along which these kernels do not fold their grids: parts of a metric, heads and buckets
 * of a model.
 */
const FEW: Readonly<Record<string, readonly string[]>> = {
  'running-sums': ['terms'],
  'attention/tiled-backward-bias': ['heads', 'buckets'],
};

test.each(kernels.map((kernel) => [kernel.name, kernel] as const))('%s', (name, kernel) => {
  const wrong: string[] = [];
  for (const adapter of adapters) {
    for (const shape of extremes(kernel.sample)) {
      if (kernel.cost(shape).bytes > MEMORY) continue;
      const changed = Object.keys(shape).filter((field) => shape[field] !== kernel.sample[field]);
      if (changed.some((field) => FEW[name]?.includes(field))) continue;
      const grid = kernel.grid(shape, adapter);
      if (!fits(grid, writes(kernel, shape, adapter) ? 1 : 0))
        wrong.push(`${adapter.family} ${changed.map((field) => `${field} = ${shape[field]}`)}: ${grid.join(' × ')}`);
    }
  }
  expect(wrong).toEqual([]);
});
