/** Writes the list of all operations into the README of this package: `npm run docs:operations`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withTable } from './table.js';

const readme = new URL('../../README.md', import.meta.url);
writeFileSync(readme, withTable(readFileSync(readme, 'utf8')));
