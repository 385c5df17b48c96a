/** Launches on their way to the queue, and what becomes of them where WebGPU refuses one. */
import type { CoxswainError } from '@coxswain/base';
import type { Program } from './capture.js';
import type { Device } from './device.js';
import { LaunchError, OutOfMemoryError } from './errors.js';
import type { Failure } from './failure.js';
import { bind, encode, type Launch } from './launch.js';
import type { Readback } from './readback.js';
import type { Storage } from './storage.js';

export class Submissions {
  /** @param absent stands for outputs that a launch goes without. */
  constructor(
    private readonly device: Pick<Device, 'gpu' | 'timer' | 'counters' | 'onLaunches'>,
    private readonly failure: Failure,
    private readonly absent: Storage,
  ) {}

  /**
   * Encodes the first launch of a pipeline for nothing: what WebGPU has against it is thrown before others are
   * submitted with it.
   * @throws LaunchError where its kernel does not compile, or takes other buffers or uniforms than it declares.
   */
  prove(launch: Launch): void {
    const { gpu } = this.device;
    const { pipeline } = launch;
    pipeline.compiled();
    this.failure.attempt(pipeline.label, () => {
      const { bound, uniforms } = bind(gpu, [launch]);
      const encoder = gpu.createCommandEncoder();
      encode(encoder, bound, [launch]);
      encoder.finish();
      uniforms?.destroy();
    });
    pipeline.proven = true;
  }

  /**
   * Submits launches, then programs, then copies for the host, all at once.
   * @throws LaunchError with what WebGPU has against it: nothing of it has run then.
   */
  send(launches: readonly Launch[], programs: readonly Program[], readback?: Readback): void {
    const { gpu, timer } = this.device;
    const mark = timer?.mark ?? 0;
    try {
      this.failure.attempt('nothing of a submit ran', () => {
        const encoder = gpu.createCommandEncoder();
        const { bound, uniforms } = bind(gpu, launches);
        if (bound.length > 0) encode(encoder, bound, launches, timer);
        for (const program of programs) program.encode(encoder, timer);
        readback?.encode(encoder);
        gpu.queue.submit([encoder.finish()]);
        uniforms?.destroy();
      });
    } catch (error) {
      timer?.rewind(mark);
      // What ran out of memory while it ran may have run in part.
      if (error instanceof OutOfMemoryError) this.failure.report(error);
      throw error;
    }
  }

  /** Counts what was sent, and tells who listens. */
  count(launches: readonly Launch[], programs: readonly Program[]): void {
    const { counters, onLaunches } = this.device;
    counters.dispatches += programs.reduce((sum, { length }) => sum + length, launches.length);
    counters.submits++;
    if (!onLaunches) return;
    onLaunches(launches);
    for (const program of programs) onLaunches(program.launches);
  }

  /**
   * Submits launches each by itself after they were refused together: those that WebGPU takes run; the others, and what
   * reads from them, leave their outputs marked as never computed.
   * @returns why the first of those was refused, if any was.
   */
  oneByOne(launches: readonly Launch[]): CoxswainError | undefined {
    let first: CoxswainError | undefined;
    for (const launch of launches) {
      this.failure.throwIfAny();
      const fault = this.#refusal(launch);
      first ??= fault;
      if (fault) this.#spoil(launch, fault);
      else this.count([launch], []);
    }
    return first;
  }

  /** Submits a launch, unless it would read what was never computed. @returns why it did not run, if so. */
  #refusal(launch: Launch): CoxswainError | undefined {
    const spoilt = launch.bindings.find(({ storage }) => storage.fault);
    if (spoilt) return spoilt.storage.fault;
    try {
      this.send([launch], []);
      return undefined;
    } catch (error) {
      return new LaunchError(`${launch.pipeline.label}: ${(error as CoxswainError).value}`);
    }
  }

  #spoil({ bindings, pipeline }: Launch, fault: CoxswainError): void {
    bindings.forEach(({ storage }, i) => {
      if (pipeline.accesses[i] === 'read_write' && storage !== this.absent) storage.fault ??= fault;
    });
  }
}
