/**
 * The list of all operations: that of the README is up to date, every operation says its shapes, and gradients are
 * where they are stated.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documented } from './operations/documented.js';
import { gradientsOf, withTable } from './operations/table.js';
import { rows } from './properties/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the list in the README is what `npm run docs:operations` writes', () => {
  expect(readme).toBe(withTable(readme));
});

test.each(Object.keys(rows))('%s says what it is, and its shapes', (name) => {
  expect(documented(name)).toMatchObject({ summary: expect.stringMatching(/\S/), shapes: expect.stringMatching(/\[|shape/) });
});

test.each(Object.entries(rows))('%s has the gradients that its row says, and refuses others', (_, row) => {
  expect([...gradientsOf(row).with].sort()).toEqual([...row.gradients].sort());
});
