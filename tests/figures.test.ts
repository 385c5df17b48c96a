/** Every figure on the pages that people read is what a stored result says. */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ant } from './figures/ant.js';
import { discovery } from './figures/discovery.js';
import { eventFree } from './figures/event-free.js';
import { gpu } from './figures/gpu.js';
import { memory } from './figures/memory.js';
import { others } from './figures/others.js';
import { faults } from './figures/page.js';
import { paper } from './figures/paper.js';
import { readme } from './figures/readme.js';
import { kernels, softwareAdapter } from './figures/software-adapter.js';
import { readText, root } from './figures/stored.js';
import { success } from './figures/success.js';

const PAGES = [readme, success, memory, discovery, eventFree, paper, gpu, softwareAdapter, kernels, ant, ...others];

/** Written by programs from their files, which other tests hold them against. */
const GENERATED = /^docs\/results\/[^/]+\.md$|CHANGELOG\.md$|^\.changeset\//;

it('every page is looked at', () => {
  const pages = ['README.md', ...['docs', 'kernels', 'bench', 'packages', 'examples', 'sweeps'].flatMap(markdown)];
  expect(PAGES.map(({ page }) => page).sort()).toEqual(pages.filter((page) => !GENERATED.test(page)).sort());
});

function markdown(folder: string): string[] {
  return fs.readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : markdown(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

it.each(PAGES.map((page) => [page.page, page] as const))('%s', (name, page) => {
  expect(faults(readText(name), page)).toEqual([]);
  for (const { by } of page.heldElsewhere ?? []) expect(fs.existsSync(join(root, by)), by).toBe(true);
});

it('a figure that nothing stored says is found, and one that was changed', () => {
  expect(faults('It solves 0.9 of them.', { page: '' })).toHaveLength(1);
  const claims = [{ text: 'solves 0.8 of them' }];
  expect(faults('It solves 0.8 of them.', { page: '', claims })).toEqual([]);
  expect(faults('It solves 0.9 of them.', { page: '', claims })).toHaveLength(2);
  expect(faults('Run it:\n\n```sh\nrun # 12 of 12 in 36 s\n```\n', { page: '' })).toHaveLength(3);
});
