/** What can be said of a captured program besides how long it takes. */
import type { Cost } from '@coxswain/kernels';
import type { Device, Program } from '@coxswain/tensor';
import { type Summary, summarise } from './summary.js';

export interface ProgramFigures {
  readonly dispatches: number;
  /** What the kernels' declarations say one run costs. */
  readonly cost: Cost;
  /** Bytes of temporaries: in the shared arena, and with memory of their own each. */
  readonly temporaries: { readonly arena: number; readonly separate: number };
  /** Microseconds of JavaScript per replayed dispatch. */
  encodeMicroseconds(): Summary;
  /** Milliseconds of one run between timestamps on the GPU; undefined where the adapter has none. */
  gpuMilliseconds(samples: number, repeats: number): Promise<Summary | undefined>;
}

export function programFigures(device: Device, program: Program): ProgramFigures {
  return {
    dispatches: program.length,
    cost: program.cost,
    temporaries: program.temporaries,
    encodeMicroseconds: () => encodeMicroseconds(device, program),
    gpuMilliseconds: (samples, repeats) => gpuMilliseconds(device, program, samples, repeats),
  };
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
