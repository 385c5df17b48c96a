/** The command where what it writes to is closed early. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleCoxswain } from './programs.js';

let root: string;
let program: string;
beforeAll(async () => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-readers-'));
  program = await bundleCoxswain(root);
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

it('ends in peace where its reader has seen enough', async () => {
  const command = `{ "$1" "$2" settings; echo "exit $?" >&2; } | head -n 1`;
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command, 'sh', process.execPath, program]);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).toBe('exit 0\n');
});
