/**
 * The shipped model in Chromium on SwiftShader, its software driver, against Node: fetched and loaded, read, steered
 * and trained, from the same sources by the same program.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { gridMini } from '../packages/models/src/node.js';
import { requestDevice } from '../packages/tensor/src/node.js';
import { bundle, findChromium, NO_CHROMIUM, withPage } from './browser/chromium.js';
import { type Work, work } from './browser/work.js';

const models = join(import.meta.dirname, '../packages/models/grid-mini');
const FILES = ['base/model.safetensors', 'controller/model.safetensors'];
/** The page's program is taken from `src/`, as it would be from `dist/`: the files lie in the folder beside that. */
const served = Object.fromEntries(FILES.map((file) => [`models/grid-mini/${file}`, { path: join(models, file) }]));

async function inChromium(program: string): Promise<Work> {
  const page = await bundle({ entryPoints: [join(import.meta.dirname, 'browser/page.ts')], conditions: ['source'] });
  const files = { ...served, 'models/dist/page.js': page };
  // As text: Vitest would rewrite the import for Node.
  return withPage(program, files, (open) => open.evaluate<Work>("import('./models/dist/page.js').then(({ play }) => play())"));
}

async function onNode(): Promise<Work> {
  const device = await requestDevice({ family: 'software' });
  const done = await work(device, gridMini);
  device.close();
  return done;
}

/** The largest difference of two lists of numbers. */
const apart = (a: Float32Array, b: Float32Array): number => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
const norm = (a: Float32Array): number => Math.sqrt(a.reduce((sum, value) => sum + value ** 2, 0));

const program = findChromium();
it.runIf(!program)('the shipped model in Chromium', ({ skip }) => skip(NO_CHROMIUM));

describe.runIf(program)('the shipped model in Chromium', () => {
  let [page, node] = [] as unknown as [Work, Work];
  beforeAll(async () => {
    [page, node] = [await inChromium(program as string), await onNode()];
  });

  it('runs on a software adapter, with the kernels for such', () => {
    expect(page.adapter).toMatch(/swiftshader/i);
    expect([page.family, node.family]).toEqual(['software', 'software']);
  });

  it('is fetched from where its package says that it lies, by the page and on Node', () => {
    const { size } = statSync(served['models/grid-mini/base/model.safetensors'].path);
    expect(node.fetched).toEqual({ loaded: size, total: size });
    expect(page.fetched.loaded).toBe(size);
  });

  // Drivers differ in the last bits of exp and tanh and, by the width of subgroups, in the order of sums.
  it('reads the expert’s actions as on Node, but for rounding', () => {
    expect(page.nll.length).toBe(node.nll.length);
    expect(norm(node.nll)).toBeGreaterThan(1);
    expect(apart(page.nll, node.nll)).toBeLessThan(1e-4);
  });

  it('plays the very same steered episodes', () => {
    expect(node.open).toContain(1);
    for (const what of ['action', 'open', 'length', 'progress'] as const) expect(page[what], what).toEqual(node[what]);
  });

  it('makes the same update, but for rounding', () => {
    expect(apart(page.training, node.training)).toBeLessThan(1e-5);
    expect(norm(node.moved)).toBeGreaterThan(0.01);
    // AdamW's first step divides a gradient by its own size: where it is near zero, rounding decides.
    const difference = norm(node.moved.map((value, i) => value - page.moved[i]));
    expect(difference / norm(node.moved)).toBeLessThan(1e-3);
  });
});
