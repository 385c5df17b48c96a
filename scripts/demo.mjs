// `npm run demo`: sets the machine up and runs the demo. Arguments go to the demo (`npm run demo -- --from-scratch`).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { callersFolder } from './caller.mjs';
import { root, setupOrExit } from './setup.mjs';

setupOrExit();
const program = join(root, 'packages/coxswain/src/demo.ts');
const child = spawn(process.execPath, [join(root, 'scripts/run.mjs'), program, ...process.argv.slice(2)], {
  cwd: callersFolder(),
  stdio: 'inherit',
});
// A terminal sends Ctrl-C to the demo as well, which then writes what it has and ends by itself.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
