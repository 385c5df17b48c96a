/** Times steps in turns with the yardstick: a machine that is lent out is another from one second to the next. */
import type { Device } from '@coxswain/tensor';
import type { Yardstick } from './yardstick.js';

/** Seconds of steps after which the yardstick is run, where a step is not longer. */
const LAP = 0.4;
/** It is run as long as they went on, but no longer. */
const LONGEST = 2;

const since = (began: number): number => (performance.now() - began) / 1000;

export class Stopwatch {
  #began = 0;
  #worked = 0;
  /** Seconds that the yardstick took, run by run. */
  readonly #beside: number[] = [];

  /**
   * @param device that is waited for before the yardstick is run.
   * @param yardstick on other devices than the steps', for they are metered; none where only steps are timed.
   */
  constructor(
    private readonly device: Device,
    private readonly yardstick?: Yardstick,
  ) {}

  async #measure(seconds: number): Promise<void> {
    if (this.yardstick) this.#beside.push(await this.yardstick.run(Math.min(seconds, LONGEST)));
  }

  async start(): Promise<void> {
    await this.device.finish();
    await this.#measure(LAP);
    this.#began = performance.now();
  }

  /** Between two steps. */
  async lap(): Promise<void> {
    if (this.yardstick && since(this.#began) >= LAP) await this.#turn();
  }

  async stop(): Promise<void> {
    await this.#turn();
  }

  async #turn(): Promise<void> {
    await this.device.finish();
    const worked = since(this.#began);
    this.#worked += worked;
    await this.#measure(Math.max(worked, LAP));
    this.#began = performance.now();
  }

  /** Seconds of all steps. */
  get seconds(): number {
    return this.#worked;
  }

  /** Seconds of the yardstick beside them, on the mean of its runs; 0 where there is none. */
  get beside(): number {
    return this.#beside.reduce((sum, seconds) => sum + seconds, 0) / Math.max(1, this.#beside.length);
  }
}
