// Runs a TypeScript program of this repository from source: `node scripts/run.mjs FILE.ts [arguments]`, from any folder.
// The `source` export condition makes packages resolve to their src/, so nothing has to be built first.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callersFolder } from './caller.mjs';

const [file, ...args] = process.argv.slice(2);
// By address: a name would be looked for where the caller stands.
const imported = [import.meta.resolve('tsx'), new URL('register-wgsl.mjs', import.meta.url).href].flatMap((url) => ['--import', url]);
const child = spawn(process.execPath, ['--conditions=source', ...imported, resolve(file), ...args], {
  stdio: 'inherit',
  cwd: callersFolder(),
  env: { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL('../tsconfig.json', import.meta.url)) },
});
// The child is in the same process group: a Ctrl-C reaches it by itself, and it decides when to end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
