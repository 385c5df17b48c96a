/** Every figure on the pages that people read is what a stored result says. */
import { expect, it } from 'vitest';
import { discovery } from './figures/discovery.js';
import { gpu } from './figures/gpu.js';
import { memory } from './figures/memory.js';
import { faults } from './figures/page.js';
import { paper } from './figures/paper.js';
import { readme } from './figures/readme.js';
import { readText } from './figures/stored.js';
import { success } from './figures/success.js';

const PAGES = [readme, success, memory, discovery, paper, gpu];

it.each(PAGES.map((page) => [page.page, page] as const))('%s', (name, page) => {
  expect(faults(readText(name), page)).toEqual([]);
});
