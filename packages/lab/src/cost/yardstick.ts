/**
 * How fast an adapter is just now. A machine that others use too, or that is warm, is not always as fast: what a model
 * of cost was fitted to and what it says of a run are brought to one speed by the same piece of work, timed beside
 * both.
 */
import { backward, causalAttention, type Device, type Initialiser, linear, ParameterStore, sum } from '@coxswain/tensor';

/** Of that piece of work: a product and attention to its result, forward and backward. */
const [BATCH, TIME, WIDTH, HEADS] = [64, 48, 128, 4];
/** Runs that are submitted before they are waited for. */
const TOGETHER = 4;
/**
 * By itself it is run for so long: where cores are lent and taken back, a second is a tenth faster or slower than the
 * next.
 */
const SECONDS = 2;

const wave: Initialiser = (values) => {
  for (let i = 0; i < values.length; i++) values[i] = 0.1 * Math.sin(i);
};

/** The piece of work on a device, ready to be run. */
async function pieceOn(device: Device) {
  const store = new ParameterStore(device);
  store.declare('x', [BATCH * TIME, WIDTH], wave);
  store.declare('w', [3 * WIDTH, WIDTH], wave);
  store.finish(1);
  const program = device.capture(() => {
    store.zeroGradients();
    const qkv = linear(store.get('x'), store.get('w')).reshape([BATCH, TIME, 3 * WIDTH]);
    backward(sum(causalAttention(qkv, { heads: HEADS })));
    return {};
  });
  await program.ready();
  program.run();
  await device.finish();
  return {
    /** Submits it a few times. */
    begin(): void {
      for (let i = 0; i < TOGETHER; i++) program.run();
    },
    dispose(): void {
      program.dispose();
      store.dispose();
    },
  };
}

export interface Yardstick {
  /**
   * Runs it on all devices side by side for so many seconds.
   * @returns seconds of a piece of work on each, on the mean.
   */
  run(least: number): Promise<number>;
  dispose(): void;
}

/** The yardstick on these devices, to be run now and then. */
export async function openYardstick(devices: readonly Device[]): Promise<Yardstick> {
  const pieces = await Promise.all(devices.map(pieceOn));
  return {
    async run(least) {
      const began = performance.now();
      let [runs, seconds] = [0, 0];
      // All wait for each other, as devices that share work do: else one that is ahead has the machine to itself now
      // and then.
      while (seconds < least) {
        for (const piece of pieces) piece.begin();
        await Promise.all(devices.map((device) => device.finish()));
        runs += TOGETHER;
        seconds = (performance.now() - began) / 1000;
      }
      return seconds / runs;
    },
    dispose() {
      for (const piece of pieces) piece.dispose();
    },
  };
}

/** What it takes on these devices now. @param least seconds that it is run for. */
export async function yardstick(devices: readonly Device[], least = SECONDS): Promise<number> {
  const opened = await openYardstick(devices);
  try {
    return await opened.run(least);
  } finally {
    opened.dispose();
  }
}
