/** Memory that the calling thread and its workers share: one job at a time, its rows taken by whoever is free. */
import { MOTORS, STATE } from '../body.js';

/** Rows of one job; more are several jobs after each other. */
export const JOB_ROWS = 256;

/** Letters of what went wrong in a worker. */
const TEXT_BYTES = 2048;

/** Places in `SharedJob.signals`. */
export const SIGNAL = { total: 0, left: 1, done: 2, finished: 3, failure: 4, textBytes: 5 } as const;

/** What a worker can fail of. */
export const FAILURE = { none: 0, model: 1, died: 2 } as const;

export interface SharedJob {
  /**
   * `left`: rows that nobody has taken, which workers sleep on; `finished`: 1 where the job is over, which the calling
   * thread sleeps on.
   */
  readonly signals: Int32Array;
  readonly states: Float64Array;
  readonly torques: Float64Array;
  readonly results: Float64Array;
  readonly text: Uint8Array;
}

/** What a worker is started with. */
export interface WorkerInput {
  readonly memory: SharedArrayBuffer;
  readonly model: string;
}

const NUMBERS = JOB_ROWS * (2 * STATE + MOTORS);
const SIGNAL_BYTES = 32;

export const newJobMemory = (): SharedArrayBuffer => new SharedArrayBuffer(SIGNAL_BYTES + 8 * NUMBERS + TEXT_BYTES);

export function viewJob(memory: SharedArrayBuffer): SharedJob {
  let at = SIGNAL_BYTES;
  const numbers = (count: number): Float64Array => {
    const view = new Float64Array(memory, at, count);
    at += view.byteLength;
    return view;
  };
  return {
    signals: new Int32Array(memory, 0, SIGNAL_BYTES / 4),
    states: numbers(JOB_ROWS * STATE),
    torques: numbers(JOB_ROWS * MOTORS),
    results: numbers(JOB_ROWS * STATE),
    text: new Uint8Array(memory, at, TEXT_BYTES),
  };
}

/** Says what went wrong, and wakes who waits. The first failure stays. */
export function fail({ signals, text }: SharedJob, failure: number, message: string): void {
  const bytes = new TextEncoder().encode(message).subarray(0, text.length);
  if (Atomics.load(signals, SIGNAL.failure) !== FAILURE.none) return;
  text.set(bytes);
  Atomics.store(signals, SIGNAL.textBytes, bytes.length);
  Atomics.store(signals, SIGNAL.failure, failure);
  Atomics.store(signals, SIGNAL.finished, 1);
  Atomics.notify(signals, SIGNAL.finished);
}
