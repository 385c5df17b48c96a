/** Waiting for the GPU on Node without burning a core. */

/** Naps grow from short, for readbacks that take a tenth of a millisecond, to long, for whole training steps. */
const SHORTEST_MS = 0.05;
const LONGEST_MS = 1;

/**
 * Waits for a WebGPU promise. The `webgpu` package polls Dawn from the event loop as fast as it turns while anything is
 * pending, which keeps a core busy that a software adapter needs (a third of two cores' work). Sleeping a little in
 * every turn leaves the core to it.
 */
export async function nap<T>(pending: Promise<T>): Promise<T> {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let settled = false;
  const done = (): void => {
    settled = true;
  };
  pending.then(done, done);
  let sleep = SHORTEST_MS;
  while (!settled) {
    await new Promise((turn) => setImmediate(turn));
    if (settled) break;
    Atomics.wait(cell, 0, 0, sleep);
    sleep = Math.min(LONGEST_MS, sleep * 1.5);
  }
  return pending;
}
