// Runs a TypeScript program of this repository from source: `node scripts/run.mjs FILE.ts [arguments]`.
// The `source` export condition makes packages resolve to their src/, so nothing has to be built first.
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [file, ...args] = process.argv.slice(2);
const child = spawn(
  process.execPath,
  ['--conditions=source', '--import', 'tsx', '--import', pathToFileURL(join(here, 'register-wgsl.mjs')).href, resolve(file), ...args],
  { stdio: 'inherit', cwd: process.cwd() },
);
// The child is in the same process group: a Ctrl-C reaches it by itself, and it decides when to end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
