/** Times steps in turns with the yardstick: a machine that is lent out is another from one second to the next. */
import type { Device } from '@coxswain/tensor';
import type { Yardstick } from './yardstick.js';

/** Seconds of steps after which the yardstick is run, where a step is not longer. */
const LAP = 0.4;
/** It is run as long as they went on, but no longer, */
const LONGEST = 2;
/**
 * unless that is a smaller part of them: seconds that follow each other differ by a tenth, and a step of a minute has
 * many.
 */
const PART = 1 / 5;

/** Seconds that the yardstick is run for beside steps of so many. */
export const besideSteps = (seconds: number): number => Math.max(LAP, Math.min(seconds, LONGEST), PART * seconds);

const since = (began: number): number => (performance.now() - began) / 1000;

export class Stopwatch {
  #began = 0;
  #worked = 0;
  /** Seconds that the yardstick was run for, and the sum over them of what it took. */
  #ran = 0;
  #taken = 0;

  /**
   * @param device that is waited for before the yardstick is run.
   * @param yardstick on other devices than the steps', for they are metered; none where only steps are timed.
   */
  constructor(
    private readonly device: Device,
    private readonly yardstick?: Yardstick,
  ) {}

  async #measure(seconds: number): Promise<void> {
    if (!this.yardstick) return;
    this.#taken += seconds * (await this.yardstick.run(seconds));
    this.#ran += seconds;
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
    await this.#measure(besideSteps(worked));
    this.#began = performance.now();
  }

  /** Seconds of all steps. */
  get seconds(): number {
    return this.#worked;
  }

  /** Seconds of the yardstick beside them, on the mean over the time that it was run; 0 where there is none. */
  get beside(): number {
    return this.#ran && this.#taken / this.#ran;
  }
}
