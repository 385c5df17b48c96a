/** The `coxswain` command with the toy phase, as a process that can be killed. */
import { main } from '../src/command/main.js';
import { endWithParent } from '../src/sweep/child.js';
import { toyDevice, toyPhase, toySequel } from './toy-phase.js';

endWithParent();
process.exitCode = await main(process.argv.slice(2), [toyPhase, toySequel], {
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  now: () => performance.now(),
  program: [process.execPath, process.argv[1]],
  openDevice: toyDevice,
});
