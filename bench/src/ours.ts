/** Our own entry: captured programs on @coxswain/tensor. */
import type { Cost } from '@coxswain/kernels';
import { type Device, type Program, Tensor } from '@coxswain/tensor';
import type { Case, Input, Inputs } from './case.js';
import type { Contestant, Prepared } from './contestant.js';
import { type Summary, summarise } from './summary.js';

/** More than a contestant has to say of itself: what our rows are explained with. */
export interface OurPrepared extends Prepared {
  readonly dispatches: number;
  /** Milliseconds to compile all its kernels side by side, nothing cached. */
  readonly compileMs: number;
  /** What the kernels' declarations say one run costs. */
  readonly cost: Cost;
  /** Microseconds of JavaScript per replayed dispatch. */
  encodeMicroseconds(): Summary;
  /** Milliseconds of one run between timestamps on the GPU; undefined where the adapter has none. */
  gpuMilliseconds(samples: number, repeats: number): Promise<Summary | undefined>;
}

/** Sets of buffers that runs rotate through, so that no run finds its inputs in a cache just because the last one read them. */
const ROTATED = 2;

const upload = (device: Device, { shape, data }: Input): Tensor => device.tensor(data, [...shape]);

/** Captures `body` and adds up what its launches cost by their declarations. */
function captureWithCost(device: Device, body: () => Record<string, Tensor>): { program: Program; cost: Cost } {
  const cost = { flops: 0, bytes: 0 };
  const dispatch = device.dispatch.bind(device);
  device.dispatch = (kernel, shape, tensors) => {
    const { flops, bytes } = kernel.cost(shape);
    cost.flops += flops;
    cost.bytes += bytes;
    dispatch(kernel, shape, tensors);
  };
  try {
    return { program: device.capture(body), cost };
  } finally {
    device.dispatch = dispatch;
  }
}

export class Ours implements Contestant {
  readonly name = 'coxswain';

  constructor(
    private readonly device: Device,
    readonly version: string,
  ) {}

  async prepare(item: Case, inputs: Inputs): Promise<OurPrepared> {
    const { device } = this;
    const from = performance.now();
    const sets = Array.from({ length: ROTATED }, () => {
      const tensors = Object.fromEntries(
        Object.entries(item.pack?.(inputs) ?? inputs).map(([name, input]) => [name, upload(device, input)]),
      );
      const outputs: string[] = [];
      const captured = captureWithCost(device, () =>
        Object.fromEntries(
          item.ours(tensors, device).map((tensor, i) => {
            outputs.push(`output ${i}`);
            return [`output ${i}`, tensor];
          }),
        ),
      );
      return { ...captured, tensors, outputs };
    });
    const compiling = performance.now();
    await sets[0].program.ready();
    const compileMs = performance.now() - compiling;
    sets[0].program.run();
    await device.finish();
    const firstMs = performance.now() - from;
    let next = 0;
    const { program, cost } = sets[0];
    return {
      firstMs,
      compileMs,
      cost,
      dispatches: program.length,
      run: () => sets[next++ % ROTATED].program.run(),
      finish: () => device.finish(),
      outputs: async () => {
        const data = (await device.read(sets[0].outputs.map((name) => sets[0].program.outputs[name]))) as Float32Array[];
        return item.arrange ? item.arrange(data) : data;
      },
      encodeMicroseconds: () => encodeMicroseconds(device, program),
      gpuMilliseconds: (samples, repeats) => gpuMilliseconds(device, program, samples, repeats),
      dispose: () => {
        for (const set of sets) {
          set.program.dispose();
          for (const tensor of Object.values(set.tensors)) if (tensor instanceof Tensor) tensor.dispose();
        }
      },
    };
  }

  close(): void {
    this.device.close();
  }
}

function encodeMicroseconds(device: Device, program: Program): Summary {
  const times = Array.from({ length: 30 }, () => {
    const repeats = Math.max(1, Math.round(200 / program.length));
    const encoder = device.gpu.createCommandEncoder();
    const from = performance.now();
    for (let i = 0; i < repeats; i++) program.encode(encoder);
    const time = performance.now() - from;
    encoder.finish();
    return (time * 1000) / (repeats * program.length);
  });
  return summarise(times);
}

async function gpuMilliseconds(device: Device, program: Program, samples: number, repeats: number): Promise<Summary | undefined> {
  const { gpu } = device;
  if (!gpu.features.has('timestamp-query')) return undefined;
  const querySet = gpu.createQuerySet({ type: 'timestamp', count: 2 });
  const resolved = gpu.createBuffer({ size: 16, usage: 0x200 | 0x4 });
  const host = gpu.createBuffer({ size: 16, usage: 0x1 | 0x8 });
  const times: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const encoder = gpu.createCommandEncoder();
    encoder.beginComputePass({ timestampWrites: { querySet, beginningOfPassWriteIndex: 0 } }).end();
    for (let i = 0; i < repeats; i++) program.encode(encoder);
    encoder.beginComputePass({ timestampWrites: { querySet, endOfPassWriteIndex: 1 } }).end();
    encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, host, 0, 16);
    gpu.queue.submit([encoder.finish()]);
    await host.mapAsync(1);
    const [start, end] = new BigUint64Array(host.getMappedRange());
    times.push(Number(end - start) / 1e6 / repeats);
    host.unmap();
  }
  querySet.destroy();
  resolved.destroy();
  host.destroy();
  return summarise(times);
}
