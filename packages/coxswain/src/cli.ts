#!/usr/bin/env node
import { requestDevice, requestDevices } from '@coxswain/tensor/node';
import { main } from './command/main.js';
import { PHASES } from './lists.js';
import { outliveReaders } from './readers.js';
import { endWithParent } from './sweep/child.js';

endWithParent();
outliveReaders([process.stdout, process.stderr]);
process.exitCode = await main(process.argv.slice(2), PHASES, {
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  now: () => performance.now(),
  openDevice: () => requestDevice(),
  openDevices: () => requestDevices(),
  program: [process.execPath, ...process.execArgv, process.argv[1]],
});
