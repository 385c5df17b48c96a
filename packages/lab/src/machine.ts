import type { Device } from '@coxswain/tensor';
import type { SignalSource } from './interrupt.js';
import type { ProgressStream } from './progress.js';

/** What commands need from the machine; tests bring their own. */
export type Machine = {
  readonly stdout: ProgressStream;
  readonly stderr: ProgressStream;
  readonly signals: SignalSource;
  readonly now: () => number;
  readonly openDevice: () => Promise<Device>;
  /** As many as are worth while for work that can be shared; one when absent. */
  readonly openDevices?: () => Promise<readonly Device[]>;
  /** How this very program is started again, for the runs of a sweep: executable, then its arguments. */
  readonly program: readonly string[];
};
