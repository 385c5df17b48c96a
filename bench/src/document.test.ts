import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documentOf } from './document.js';
import { readResults } from './results.js';

/** Tables are laid out anew when the page is formatted. */
const squeeze = (text: string): string =>
  text
    .replace(/-{2,}/g, '-')
    .replace(/[ \t]+/g, ' ')
    .trim();

test('the page of results is what its files say', () => {
  const folder = new URL('../results/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const page = documentOf(files.sort().map((name) => readResults(new URL(name, folder).pathname)));
  expect(squeeze(readFileSync(new URL('../../docs/results/kernels.md', import.meta.url), 'utf8'))).toBe(squeeze(page));
});
