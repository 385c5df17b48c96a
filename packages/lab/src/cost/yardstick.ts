/**
 * How fast an adapter is just now. A machine that others use too, or that is warm, is not always as fast: what a model of cost was fitted
 * to and what it says of a run are brought to one speed by the same piece of work, timed beside both.
 */
import { backward, causalAttention, type Device, HostRandom, type Initialiser, linear, ParameterStore, sum } from '@coxswain/tensor';

/** Of that piece of work: a product and attention to its result, forward and backward. */
const [BATCH, TIME, WIDTH, HEADS] = [64, 48, 128, 4];
/** Runs that are submitted before they are waited for. */
const TOGETHER = 8;
/** It is run for so long: where cores are lent and taken back, a second is a tenth faster or slower than the next. */
const SECONDS = 2;

const wave: Initialiser = (values) => {
  for (let i = 0; i < values.length; i++) values[i] = 0.1 * Math.sin(i);
};

async function timeOn(device: Device, least: number): Promise<number> {
  const store = new ParameterStore(device);
  store.declare('x', [BATCH * TIME, WIDTH], wave);
  store.declare('w', [3 * WIDTH, WIDTH], wave);
  store.finish(new HostRandom(1));
  const program = device.capture(() => {
    store.zeroGradients();
    const qkv = linear(store.get('x'), store.get('w')).reshape([BATCH, TIME, 3 * WIDTH]);
    backward(sum(causalAttention(qkv, { heads: HEADS })));
    return {};
  });
  await program.ready();
  program.run();
  await device.finish();
  const began = performance.now();
  let [runs, seconds] = [0, 0];
  while (seconds < least) {
    for (let i = 0; i < TOGETHER; i++) program.run();
    await device.finish();
    runs += TOGETHER;
    seconds = (performance.now() - began) / 1000;
  }
  program.dispose();
  store.dispose();
  return seconds / runs;
}

/**
 * Times it on all of them side by side. @param least seconds that it takes.
 * @returns seconds of one piece of work, on the mean.
 */
export async function yardstick(devices: readonly Device[], least = SECONDS): Promise<number> {
  const each = await Promise.all(devices.map((device) => timeOn(device, least)));
  return each.reduce((sum, seconds) => sum + seconds, 0) / each.length;
}

/** `yardstick` on devices of its own, closed afterwards. */
export async function yardstickAlone(open: () => Promise<readonly Device[]>, least?: number): Promise<number> {
  const devices = await open();
  try {
    return await yardstick(devices, least);
  } finally {
    for (const device of devices) device.close();
  }
}
