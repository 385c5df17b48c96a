/** A thread that moves bodies: it has no state of its own, so that any of them can do any row. */
import { workerData } from 'node:worker_threads';
import { MOTORS, STATE } from '../body.js';
import { loadEngine } from '../engine.js';
import { FAILURE, fail, type SharedJob, SIGNAL, viewJob, type WorkerInput } from './shared.js';

/** Takes one row; −1 where none is left. Rows are counted down, so that a late thread can only take what is there. */
function take(signals: Int32Array): number {
  for (;;) {
    const left = Atomics.load(signals, SIGNAL.left);
    if (left <= 0) return -1;
    if (Atomics.compareExchange(signals, SIGNAL.left, left, left - 1) === left) return left - 1;
  }
}

function countDone(signals: Int32Array): void {
  if (Atomics.add(signals, SIGNAL.done, 1) + 1 < Atomics.load(signals, SIGNAL.total)) return;
  Atomics.store(signals, SIGNAL.finished, 1);
  Atomics.notify(signals, SIGNAL.finished);
}

async function serve(job: SharedJob, model: string): Promise<never> {
  const { signals, states, torques, results } = job;
  process.on('exit', (code) => fail(job, FAILURE.died, `it ended with code ${code}`));
  const engine = await loadEngine(model).catch((error) => {
    fail(job, FAILURE.model, String(error?.value ?? error));
    throw error;
  });
  for (;;) {
    const row = take(signals);
    if (row < 0) {
      Atomics.wait(signals, SIGNAL.left, 0);
      continue;
    }
    engine.move(states.subarray(row * STATE), torques.subarray(row * MOTORS), results, row * STATE);
    countDone(signals);
  }
}

const { memory, model } = workerData as WorkerInput;
const job = viewJob(memory);
await serve(job, model).catch((error) => fail(job, FAILURE.died, String(error)));
