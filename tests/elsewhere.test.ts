/** Programs of this repository, started from another folder than its root. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const run = join(root, 'scripts/run.mjs');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coxswain-elsewhere-'));
  cpSync(join(root, 'packages/models/grid-mini'), join(folder, 'runs'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The environment without what npm, where it runs these tests, says of itself. */
const { INIT_CWD: _, npm_package_json: __, ...env } = process.env;

it('relative paths mean the folder that the program is started in', () => {
  const out = execFileSync(process.execPath, [run, join(root, 'packages/coxswain/src/cli.ts'), 'report', '--out', 'here.html'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  expect(out).toBe('Wrote here.html\n');
  expect(existsSync(join(folder, 'here.html'))).toBe(true);
});

it('relative paths mean the folder that npm is called in, and the program is looked for where npm is', () => {
  execFileSync(process.execPath, [run, 'packages/coxswain/src/cli.ts', 'report', '--out', 'npm.html'], {
    cwd: root,
    env: { ...env, INIT_CWD: folder, npm_package_json: join(root, 'package.json') },
  });
  expect(existsSync(join(folder, 'npm.html'))).toBe(true);
  expect(existsSync(join(root, 'npm.html'))).toBe(false);
});

it('the demo finds its models from there', () => {
  // No update is refused, once the first command was printed.
  const { stdout, status } = spawnSync(process.execPath, [run, join(root, 'packages/coxswain/src/demo.ts'), '--updates', '0'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  expect(status).toBe(4);
  const [, base] = /--base (\S+)/.exec(stdout) ?? [];
  expect(resolve(folder, base)).toBe(join(root, 'packages/models/grid-mini/base'));
});
