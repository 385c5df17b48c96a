/**
 * Work of one kind by itself: in steps of training, attention and recurrences are too small a part for their rates to be told from
 * those of the rest, and at other sizes they are not.
 */
import {
  backward,
  causalAttention,
  type Device,
  gru,
  HostRandom,
  type Initialiser,
  ParameterStore,
  sum,
  type Tensor,
} from '@coxswain/tensor';
import type { Timed } from './fit.js';
import { addWork, NO_WORK, WorkMeter } from './work.js';

interface Isolated {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly run: (parameters: (name: string) => Tensor) => Tensor;
}

const attention = (batch: number, time: number, heads: number, width: number): Isolated => ({
  shapes: { qkv: [batch, time, 3 * width] },
  run: (of) => causalAttention(of('qkv'), { heads }),
});

const recurrence = (batch: number, time: number, hidden: number): Isolated => ({
  shapes: { gates: [batch, time, 3 * hidden], whh: [3 * hidden, hidden], bhh: [3 * hidden] },
  run: (of) => gru(of('gates'), of('whh'), of('bhh')),
});

/** Forward and backward at the sizes of `grid-mini` and of longer, wider ones. */
export const ISOLATED: readonly Isolated[] = [
  attention(128, 16, 4, 64),
  attention(32, 96, 4, 128),
  recurrence(128, 16, 64),
  recurrence(64, 96, 32),
];

const wave: Initialiser = (values) => {
  for (let i = 0; i < values.length; i++) values[i] = 0.1 * Math.sin(i);
};

/** Times one, forward and backward. */
export async function timeIsolated({ shapes, run }: Isolated, device: Device, times: number): Promise<Timed> {
  const store = new ParameterStore(device);
  for (const [name, shape] of Object.entries(shapes)) store.declare(name, [...shape], wave);
  store.finish(new HostRandom(1));
  const program = device.capture(() => {
    store.zeroGradients();
    backward(sum(run((name) => store.get(name))));
    return {};
  });
  await program.ready();
  program.run();
  await device.finish();
  const meter = new WorkMeter(device);
  const began = performance.now();
  for (let i = 0; i < times; i++) program.run();
  await device.finish();
  const seconds = (performance.now() - began) / 1000 / times;
  meter.stop();
  const work = addWork(NO_WORK, meter.work, 1 / times);
  program.dispose();
  store.dispose();
  return { work, seconds };
}
