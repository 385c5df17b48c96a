import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { costPage, readCostResults } from '../cost/results.js';

const RESULTS = new URL('../../../../docs/results/', import.meta.url);
const read = (page: string): string => fs.readFileSync(new URL(page, RESULTS), 'utf8');
const pages = fs.readdirSync(RESULTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));

it('has pages', () => {
  expect(pages).toContain('cost.md');
});

it.each(pages)('%s shows no figure that is none', (page) => {
  const wrong = read(page)
    .split('\n')
    .filter((text) => /\b(NaN|undefined|Infinity|null)\b|\[object /.test(text));
  expect(wrong).toEqual([]);
});

it('cost.md is what its files say', () => {
  expect(read('cost.md')).toBe(costPage(readCostResults(fileURLToPath(new URL('cost', RESULTS)))));
});
