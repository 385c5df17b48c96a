/** Programs on pages: each compiles and prints what the page says. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packages } from '../scripts/packages.mjs';
import { snippetsOf } from './readme.js';

const root = resolve(import.meta.dirname, '..');
const PAGES = ['README.md', 'docs/add-an-operation.md'];

const programs = PAGES.flatMap((page) => snippetsOf(join(root, page)).map((snippet) => ({ page, ...snippet })));

// Where packages are found by their names, beside the examples; in dist/, where other tests look for no sources.
const beside = join(root, 'examples/dist');
mkdirSync(beside, { recursive: true });
const folder = mkdtempSync(join(beside, 'page-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const files = programs.map(({ text }, i) => {
  const file = join(folder, `program-${i}.ts`);
  writeFileSync(file, text);
  return file;
});

test('there are programs, and those of the first page run on every Node', () => {
  expect(programs.length).toBeGreaterThanOrEqual(5);
  expect(programs.filter(({ page, text }) => page === 'README.md' && /\busing \w+ =/.test(text))).toEqual([]);
});

test('no README has a program that nothing runs', () => {
  const readmes = execFileSync('git', ['ls-files', '*README.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
  // Those of packages run where they are installed: tests/packages.test.ts.
  const elsewhere = packages().map(({ folder: home }) => relative(root, join(home, 'README.md')));
  const shown = readmes.filter((page) => snippetsOf(join(root, page)).length > 0);
  expect(shown.filter((page) => ![...PAGES, ...elsewhere].includes(page))).toEqual([]);
});

test('they compile', () => {
  const config = join(folder, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['*.ts', join(root, 'kernels/src/wgsl.d.ts')] }));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config, '--noEmit'], {
    cwd: root,
    encoding: 'utf8',
  });
});

test.each(programs.map(({ page, prints }, i) => [page, prints, files[i]] as const))('%s: one prints %s', (_, prints, file) => {
  const printed = execFileSync(process.execPath, [join(root, 'scripts/run.mjs'), file], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(printed.trim()).toBe(prints);
});
