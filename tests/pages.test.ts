/** Programs on pages: each compiles and prints what the page says. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const PAGES = ['docs/add-an-operation.md'];

interface Program {
  readonly page: string;
  readonly text: string;
  readonly prints: string;
}

/** A program ends with what it prints, as a comment. */
const programs: Program[] = PAGES.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/```ts\n([\s\S]*?)\/\/ ([^\n]*)\n```/g)].map(([, text, prints]) => ({
    page,
    text,
    prints,
  })),
);

// Where packages are found by their names: beside the examples, which use them from outside too.
const folder = mkdtempSync(join(root, 'examples', 'page-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const files = programs.map(({ text }, i) => {
  const file = join(folder, `program-${i}.ts`);
  writeFileSync(file, text);
  return file;
});

test('there are programs', () => {
  expect(programs.length).toBeGreaterThanOrEqual(3);
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
