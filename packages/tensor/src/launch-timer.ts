/** How long launches take one by one, by the GPU's own clock. */
import type { Cost } from '@coxswain/kernels';
import { LaunchError } from './errors.js';
import type { Bound, Launch } from './launch.js';
import type { GpuCommandEncoder, GpuDevice } from './webgpu.js';

/** Queries that a set may have. */
const MOST = 4096;
/** A beginning and an end. */
const PER_LAUNCH = 2;
const BYTES = 8;

/** A launch and how long it took. */
export interface TimedLaunch {
  /** The kernel's name. */
  readonly name: string;
  readonly seconds: number;
  /** What the kernel's declaration says it costs. */
  readonly cost: Cost;
}

interface Pending {
  readonly launches: readonly Launch[];
  readonly set: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly host: GPUBuffer;
}

/**
 * Times every launch of a device while it is the device's `timer`. Each then has a pass of its own, so that none
 * overlaps another: what they take together is more than what a step takes without. A launch includes the microseconds
 * that the GPU needs to begin and end it.
 */
export class LaunchTimer {
  readonly #pending: Pending[] = [];

  /** @throws LaunchError where the adapter has no timestamps. */
  constructor(private readonly gpu: GpuDevice) {
    if (!gpu.features.has('timestamp-query')) throw new LaunchError('the adapter has no timestamp-query', 'time whole steps');
  }

  /** Encodes launches in place of `encode`. */
  encode(encoder: GpuCommandEncoder, bound: readonly Bound[], launches: readonly Launch[]): void {
    for (let first = 0; first < bound.length; first += MOST / PER_LAUNCH) {
      const [part, of] = [bound, launches].map((all) => all.slice(first, first + MOST / PER_LAUNCH)) as [Bound[], Launch[]];
      const count = PER_LAUNCH * part.length;
      const set = this.gpu.createQuerySet({ type: 'timestamp', count });
      part.forEach(({ pipeline, group, grid }, i) => {
        const at = PER_LAUNCH * i;
        const timestampWrites = { querySet: set, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
        const pass = encoder.beginComputePass({ timestampWrites });
        pass.setPipeline(pipeline.compiled());
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
        pass.end();
      });
      const size = count * BYTES;
      const resolved = this.gpu.createBuffer({ size, usage: 0x200 | 0x4 });
      const host = this.gpu.createBuffer({ size, usage: 0x1 | 0x8 });
      encoder.resolveQuerySet(set, 0, count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, host, 0, size);
      this.#pending.push({ launches: of, set, resolved, host });
    }
  }

  /** Submits to come back to with `rewind`. */
  get mark(): number {
    return this.#pending.length;
  }

  /** Forgets what was encoded since `mark`: it never ran. */
  rewind(mark: number): void {
    for (const { set, resolved, host } of this.#pending.splice(mark)) for (const made of [set, resolved, host]) made.destroy();
  }

  /** All launches since it was asked last, in order, once the GPU is done with them. */
  async take(): Promise<TimedLaunch[]> {
    const timed: TimedLaunch[] = [];
    for (const { launches, set, resolved, host } of this.#pending.splice(0)) {
      await host.mapAsync(1);
      const stamps = new BigUint64Array(host.getMappedRange());
      launches.forEach(({ pipeline, cost }, i) => {
        timed.push({ name: pipeline.label, seconds: Number(stamps[PER_LAUNCH * i + 1] - stamps[PER_LAUNCH * i]) / 1e9, cost });
      });
      host.unmap();
      for (const one of [set, resolved, host]) one.destroy();
    }
    return timed;
  }
}
