/** Notices that a run no longer moves: a GPU that hangs never answers, and nothing else would ever say so. */

export class Watchdog {
  readonly #timer: NodeJS.Timeout | undefined;
  #last: number;

  /**
   * @param minutes without a sign of life after which `onStall` is called; 0 for never.
   * @param onStall is told for how long there was none.
   */
  constructor(
    minutes: number,
    private readonly now: () => number,
    onStall: (minutes: number) => void,
  ) {
    this.#last = now();
    if (minutes <= 0) return;
    const look = (): void => {
      const silent = (now() - this.#last) / 60_000;
      if (silent >= minutes) onStall(silent);
    };
    this.#timer = setInterval(look, Math.min(10_000, (minutes * 60_000) / 4));
    this.#timer.unref();
  }

  /** The run moved. */
  beat(): void {
    this.#last = this.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
