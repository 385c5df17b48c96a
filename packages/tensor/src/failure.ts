import { CoxswainError } from '@coxswain/base';
import { DeviceLostError, LaunchError, OutOfMemoryError } from './errors.js';
import type { GpuDevice } from './webgpu.js';

/** Does work for which WebGPU's complaints are thrown at whoever asked for it; see `Failure.attempt`. */
export type Attempt = <T>(what: string, work: () => T) => T;

/**
 * What WebGPU reported against a device. During an attempt it is thrown, and the device goes on; outside of one nobody
 * knows whose it is, nor what lies in the device's memory, so the first such report stays.
 */
export class Failure {
  #first: CoxswainError | undefined;
  /** What was reported during the attempt that is under way, if one is. */
  #reports: { readonly outOfMemory: boolean; readonly message: string }[] | undefined;

  constructor(
    gpu: GpuDevice,
    private readonly wait: <T>(pending: Promise<T>) => Promise<T>,
  ) {
    gpu.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      const { error } = event;
      const report = { outOfMemory: error.constructor.name === 'GPUOutOfMemoryError', message: error.message };
      if (this.#reports) this.#reports.push(report);
      else this.report(typed(report));
    });
    void gpu.lost.then(({ reason, message }) => this.report(new DeviceLostError(`${reason}: ${message}`)));
  }

  /**
   * Does `work`, and throws the first thing that WebGPU says against it. Dawn says it before the call returns; an
   * implementation that says it later ends the device with it, since other work may have built on this one meanwhile.
   * @param what names the work in errors.
   * @throws OutOfMemoryError, LaunchError
   */
  readonly attempt: Attempt = (what, work) => {
    const outer = this.#reports;
    const reports: NonNullable<typeof outer> = [];
    this.#reports = reports;
    try {
      const result = work();
      if (reports.length > 0) throw typed(reports[0], what);
      return result;
    } catch (error) {
      if (error instanceof CoxswainError) throw error;
      throw typed(reports[0] ?? { outOfMemory: false, message: String(error) }, what);
    } finally {
      this.#reports = outer;
    }
  };

  report(error: CoxswainError): void {
    this.#first ??= error;
  }

  throwIfAny(): void {
    if (this.#first) throw this.#first;
  }

  /** Waits for the GPU, then throws what went wrong meanwhile. */
  async settled(pending: Promise<unknown>): Promise<void> {
    try {
      await this.wait(pending);
    } catch (error) {
      // What waits for a lost device may be rejected a turn before the loss is announced.
      await new Promise((turn) => setTimeout(turn, 0));
      this.throwIfAny();
      throw error instanceof CoxswainError ? error : new LaunchError(String(error));
    }
    this.throwIfAny();
  }
}

function typed({ outOfMemory, message }: { readonly outOfMemory: boolean; readonly message: string }, what?: string): CoxswainError {
  const text = (what === undefined ? message : `${what}: ${message}`).trimEnd();
  return outOfMemory ? new OutOfMemoryError(text, 'the adapter refused') : new LaunchError(text);
}
