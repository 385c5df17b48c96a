/** Recorded launches: planned once, replayed at the cost of encoding them. */
import type { Cost } from '@coxswain/kernels';
import type { Device } from './device.js';
import { CaptureError, DisposedError, LaunchError } from './errors.js';
import { type Bound, bind, encode, type Launch, neverComputed } from './launch.js';
import type { LaunchTimer } from './launch-timer.js';
import type { Storage } from './storage.js';
import type { Tensor } from './tensor.js';
import type { GpuCommandEncoder } from './webgpu.js';

/** What a program holds on to until it is disposed. */
export interface Holdings {
  /** Its constants and outputs. */
  readonly storages: readonly Storage[];
  /** Temporaries, which live in the shared arena. */
  readonly planned: ReadonlySet<Storage>;
  /** Gives the place in the arena back. */
  readonly release: () => void;
}

/** @throws CaptureError for what an asynchronous body returned: it goes on when nothing records it any more. */
export function requireSynchronous(outputs: unknown): void {
  if (!(outputs instanceof Promise)) return;
  outputs.catch(() => {});
  throw new CaptureError('an asynchronous body');
}

/** A captured step. Replaying it needs no allocation, no bind groups and no JavaScript of the model. */
export class Program<Outputs extends Record<string, Tensor> = Record<string, Tensor>> {
  /** Bytes of its temporaries: as they lie in the arena that programs share, and with memory of their own each. */
  readonly temporaries: { readonly arena: number; readonly separate: number };
  /** Its launches, ready to be encoded. */
  readonly bound: readonly Bound[];
  readonly #uniforms: GPUBuffer | undefined;
  /** All memory it reads and writes but temporaries, and the first operation that does. */
  readonly #touched = new Map<Storage, string>();
  /** All memory it writes but temporaries. */
  readonly #written: readonly Storage[];
  #ready: Promise<void> | undefined;
  #disposed = false;
  /** All its kernels are known to compile. */
  #compiled = false;

  /** @throws DisposedError where something it uses was freed since it was recorded. */
  constructor(
    private readonly device: Device,
    readonly launches: readonly Launch[],
    /** Tensors that hold their values from one run to the next. */
    readonly outputs: Outputs,
    private readonly holdings: Holdings,
  ) {
    for (const { pipeline, bindings } of launches) {
      for (const { storage } of bindings) {
        if (!holdings.planned.has(storage) && !this.#touched.has(storage)) this.#touched.set(storage, pipeline.label);
      }
    }
    this.#written = [...new Set(launches.flatMap(({ written }) => written))].filter((storage) => !holdings.planned.has(storage));
    const planned = [...holdings.planned];
    const arena = new Set(planned.flatMap(({ buffer }) => (buffer ? [buffer] : [])));
    this.temporaries = {
      arena: [...arena].reduce((sum, { size }) => sum + size, 0),
      separate: planned.reduce((sum, { bytes }) => sum + bytes, 0),
    };
    this.requireAlive(device);
    ({ bound: this.bound, uniforms: this.#uniforms } = bind(device.gpu, launches));
  }

  /** Dispatches per run. */
  get length(): number {
    return this.launches.length;
  }

  /**
   * Compiles what is missing, side by side, and resolves when that is done. Optional: a run compiles what is missing
   * too, one by one.
   */
  ready(): Promise<void> {
    this.#ready ??= this.device.compile([this]);
    return this.#ready;
  }

  /** Whether a storage is one of its temporaries, which mean nothing before a run writes them. */
  isTemporary(storage: Storage): boolean {
    return this.holdings.planned.has(storage);
  }

  /** What the kernels' declarations say one run costs. */
  get cost(): Cost {
    return this.launches.reduce(({ flops, bytes }, { cost }) => ({ flops: flops + cost.flops, bytes: bytes + cost.bytes }), {
      flops: 0,
      bytes: 0,
    });
  }

  /** Runs the captured launches once, in one submit. */
  run(): void {
    this.device.run([this]);
  }

  /**
   * @throws LaunchError where this is not a program of `device`, or uses a tensor that was never computed;
   * DisposedError where this, or a tensor it uses, was disposed: its memory may be another's by now.
   */
  requireAlive(device: Device): void {
    if (this.device !== device) throw new LaunchError('a program of another device', 'run it on the device that captured it');
    if (this.#disposed) throw new DisposedError('run', 'a program that was disposed');
    for (const [storage, operation] of this.#touched) {
      if (storage.freed) throw new DisposedError(operation, 'a tensor of a captured program');
      if (storage.fault) throw neverComputed(operation, 'a tensor of a captured program', storage.fault);
    }
  }

  /**
   * Compiles, one by one, what is not compiled yet.
   * @throws LaunchError for a kernel that does not compile; what a storage says that the host has yet to write.
   */
  requireReady(): void {
    for (const storage of this.#touched.keys()) if (storage.unwritten) throw storage.unwritten;
    if (this.#compiled) return;
    for (const { pipeline } of this.launches) pipeline.compiled();
    this.#compiled = true;
  }

  encode(encoder: GpuCommandEncoder, timer?: LaunchTimer): void {
    for (const { changes } of this.#written) changes.count++;
    encode(encoder, this.bound, this.launches, timer);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const storage of this.holdings.storages) this.device.free(storage);
    this.holdings.release();
    this.#uniforms?.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
