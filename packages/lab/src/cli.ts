#!/usr/bin/env node
import { requestDevice } from '@coxswain/tensor/node';
import { main } from './command/main.js';
import { PHASES } from './phases.js';

process.exitCode = await main(process.argv.slice(2), PHASES, {
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  now: () => performance.now(),
  openDevice: () => requestDevice(),
});
