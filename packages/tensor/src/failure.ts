import { type CoxswainError, DeviceLostError, LaunchError, OutOfMemoryError } from './errors.js';

/** The first thing WebGPU reported against a device. It stays: what lies in the device's memory is not known any more. */
export class Failure {
  #first: CoxswainError | undefined;

  constructor(
    gpu: GPUDevice,
    private readonly wait: <T>(pending: Promise<T>) => Promise<T>,
  ) {
    gpu.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      const { error } = event;
      const outOfMemory = error.constructor.name === 'GPUOutOfMemoryError';
      this.report(outOfMemory ? new OutOfMemoryError(error.message, 'the adapter refused') : new LaunchError(error.message));
    });
    void gpu.lost.then(({ reason, message }) => this.report(new DeviceLostError(`${reason}: ${message}`)));
  }

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
      throw new LaunchError(String(error));
    }
    this.throwIfAny();
  }
}
