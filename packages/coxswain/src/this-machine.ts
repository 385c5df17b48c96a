/** What the command needs of the machine, where it runs in a process of its own. */
import type { Machine } from '@coxswain/lab';
import { requestDevice, requestDevices } from '@coxswain/tensor/node';

export const thisMachine: Machine = {
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  now: () => performance.now(),
  openDevice: () => requestDevice(),
  openDevices: () => requestDevices(),
  program: [process.execPath, ...process.execArgv, process.argv[1]],
};
