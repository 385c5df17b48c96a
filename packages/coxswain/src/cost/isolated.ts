/**
 * Work of one kind by itself: in steps of training, attention and recurrences are too small a part for their rates to
 * be told from those of the rest, and at other sizes they are not.
 */
import { addWork, NO_WORK, Stopwatch, type Work, WorkMeter, type Yardstick } from '@coxswain/lab';
import {
  attentionStep,
  backward,
  causalAttention,
  type Device,
  gru,
  type Initialiser,
  noGrad,
  ParameterStore,
  sum,
  type Tensor,
} from '@coxswain/tensor';

interface Isolated {
  /** Of parameters. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** What else `run` needs. */
  readonly beside?: (device: Device) => Readonly<Record<string, Tensor>>;
  readonly run: (tensor: (name: string) => Tensor) => void;
}

const attention = (batch: number, time: number, heads: number, width: number): Isolated => ({
  shapes: { qkv: [batch, time, 3 * width] },
  run: (of) => backward(sum(causalAttention(of('qkv'), { heads }))),
});

const recurrence = (batch: number, time: number, hidden: number): Isolated => ({
  shapes: { gates: [batch, time, 3 * hidden], whh: [3 * hidden, hidden], bhh: [3 * hidden] },
  run: (of) => backward(sum(gru(of('gates'), of('whh'), of('bhh')))),
});

/** A rollout's last step, with the whole cache to be read. */
const lastStep = (batch: number, time: number, heads: number, width: number): Isolated => ({
  shapes: { qkv: [batch, 3 * width] },
  beside: (device) => ({
    keys: device.zeros([batch, time, width]),
    values: device.zeros([batch, time, width]),
    step: device.tensor(new Uint32Array([time - 1])),
  }),
  run: (of) => noGrad(() => attentionStep(of('qkv'), { keys: of('keys'), values: of('values'), step: of('step'), heads })),
});

/**
 * Attention and recurrences forward and backward, the latter by each of their kernels, and attention to a cache: at the
 * sizes of `grid-mini` and of longer, wider ones.
 */
export const ISOLATED: readonly Isolated[] = [
  attention(128, 16, 4, 64),
  attention(32, 96, 4, 128),
  recurrence(128, 16, 64),
  recurrence(64, 96, 32),
  recurrence(128, 16, 96),
  recurrence(64, 96, 128),
  recurrence(128, 16, 192),
  recurrence(64, 48, 256),
  lastStep(256, 24, 4, 64),
  lastStep(256, 96, 4, 128),
];

const wave: Initialiser = (values) => {
  for (let i = 0; i < values.length; i++) values[i] = 0.1 * Math.sin(i);
};

/** Times one. @returns work and seconds of a launch, and seconds of the yardstick beside it, 0 where there is none. */
export async function timeIsolated(
  { shapes, beside, run }: Isolated,
  device: Device,
  times: number,
  yardstick?: Yardstick,
): Promise<{ work: Work; seconds: number; beside: number }> {
  const store = new ParameterStore(device);
  for (const [name, shape] of Object.entries(shapes)) store.declare(name, [...shape], wave);
  store.finish(1);
  const others = beside?.(device) ?? {};
  const program = device.capture(() => {
    store.zeroGradients();
    run((name) => others[name] ?? store.get(name));
    return {};
  });
  await program.ready();
  program.run();
  const meter = new WorkMeter(device);
  const watch = new Stopwatch(device, yardstick);
  await watch.start();
  for (let i = 0; i < times; i++) program.run();
  await watch.stop();
  meter.stop();
  const work = addWork(NO_WORK, meter.work, 1 / times);
  program.dispose();
  for (const tensor of Object.values(others)) tensor.dispose();
  store.dispose();
  return { work, seconds: watch.seconds / times, beside: watch.beside };
}
