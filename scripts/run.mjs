// Runs a TypeScript program of this repository from source: `node scripts/run.mjs FILE.ts [arguments]`, from any
// folder. The `source` export condition makes packages resolve to their src/, so nothing has to be built first.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callersFolder } from './caller.mjs';
import { withoutNoise } from './quiet.mjs';

const [file, ...args] = process.argv.slice(2);
// By address: a name would be looked for where the caller stands.
/** @param {string} name */
const beside = (name) => new URL(name, import.meta.url).href;
// Dawn's warnings of every Vulkan adapter look like a fault and cannot be turned off: on Linux what C++ prints comes
// through here, while JavaScript keeps the caller's own stderr, a terminal where it is one.
const quiet = process.platform === 'linux';
const imported = [import.meta.resolve('tsx'), beside('register-wgsl.mjs'), ...(quiet ? [beside('own-stderr.mjs')] : [])];
const child = spawn(process.execPath, ['--conditions=source', ...imported.flatMap((url) => ['--import', url]), resolve(file), ...args], {
  stdio: quiet ? ['inherit', 'inherit', 'pipe', 2] : 'inherit',
  cwd: callersFolder(),
  env: {
    ...process.env,
    TSX_TSCONFIG_PATH: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
    ...(quiet ? { COXSWAIN_OWN_STDERR: '3' } : {}),
  },
});
const native = withoutNoise((text) => process.stderr.write(text, 'latin1'));
child.stderr?.setEncoding('latin1').on('data', native.add).on('end', native.end);
// The child is in the same process group: a Ctrl-C reaches it by itself, and it decides when to end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
