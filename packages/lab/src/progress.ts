/** One line that says how far a run is, how fast it goes and how long it still takes. */

export type ProgressStream = { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };

export type ProgressOptions = {
  readonly label: string;
  readonly total: number;
  /** Steps done before this process began; they do not count for the rate. */
  readonly start: number;
  /** What a step is called: `steps`, `updates`. */
  readonly unit: string;
  readonly stream: ProgressStream;
  /** Milliseconds; monotonic. */
  readonly now: () => number;
};

/** A terminal is redrawn this often; anything else gets a line of its own this often. */
const REDRAW_MS = 200;
const LINE_MS = 10_000;
/** The rate is that of the last half minute, so that it follows a machine that gets busy. */
const WINDOW_MS = 30_000;
/** Steps are handed to the GPU in bursts and waited for together: a rate over fewer than a burst would be nonsense. */
const FEWEST_MARKS = 100;

/** A duration for people: `45 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const pad = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** A number with spaces between thousands, whole from a thousand on, and about three digits where it is small. */
export function formatNumber(value: number): string {
  const grouped = (whole: number) => String(whole).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return grouped(Math.round(value));
  return Math.abs(value) >= 100 ? value.toFixed(1) : String(Number(value.toPrecision(3)));
}

export class Progress {
  readonly #marks: { readonly at: number; readonly done: number }[];
  readonly #began: number;
  #shownAt = -Infinity;
  #drawn = false;

  constructor(private readonly options: ProgressOptions) {
    this.#began = options.now();
    this.#marks = [{ at: this.#began, done: options.start }];
  }

  /** Seconds since this process began the run. */
  get seconds(): number {
    return (this.options.now() - this.#began) / 1000;
  }

  /** Steps a second over the last half minute; 0 before the first step. */
  get rate(): number {
    const first = this.#marks[0];
    const last = this.#marks[this.#marks.length - 1];
    return last.at > first.at ? ((last.done - first.done) * 1000) / (last.at - first.at) : 0;
  }

  /**
   * Notes that `done` steps are done, and shows it when it is time to.
   * @param notes values shown at the end of the line.
   */
  update(done: number, notes: Readonly<Record<string, number>> = {}): void {
    const { now, total } = this.options;
    const at = now();
    this.#marks.push({ at, done });
    while (this.#marks.length > FEWEST_MARKS && this.#marks[1].at < at - WINDOW_MS) this.#marks.shift();
    if (this.#due(at) || done >= total) this.#show(at, this.#line(done, notes));
  }

  /** Shows, when it is time to, how much there is of something that the steps need. It takes no part in their speed. */
  preparing(what: string, done: number, total: number): void {
    const at = this.options.now();
    if (this.#marks.length === 1) this.#marks[0] = { at, done: this.#marks[0].done };
    if (this.#due(at)) this.#show(at, `${this.options.label}  making ${what}: ${formatNumber(done)}/${formatNumber(total)}`);
  }

  #due(at: number): boolean {
    return at - this.#shownAt >= (this.options.stream.isTTY ? REDRAW_MS : LINE_MS);
  }

  #show(at: number, line: string): void {
    const { stream } = this.options;
    this.#shownAt = at;
    if (!stream.isTTY) {
      stream.write(`${line}\n`);
      return;
    }
    stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 120) - 1)}`);
    this.#drawn = true;
  }

  /** Prints a line of its own, above the progress line. */
  note(text: string): void {
    this.finish();
    this.options.stream.write(`${text}\n`);
    this.#shownAt = -Infinity;
  }

  /** Leaves the line as it stands and goes below it. */
  finish(): void {
    if (this.#drawn) this.options.stream.write('\n');
    this.#drawn = false;
  }

  #line(done: number, notes: Readonly<Record<string, number>>): string {
    const { label, total, unit } = this.options;
    const { rate } = this;
    const share = `${Math.floor((100 * done) / total)} %`;
    const speed = rate > 0 ? `${formatNumber(rate)} ${unit}/s` : '';
    const left = done >= total ? `took ${formatDuration(this.seconds)}` : rate > 0 ? `${formatDuration((total - done) / rate)} left` : '';
    const values = Object.entries(notes).map(([name, value]) => `${name} ${formatNumber(value)}`);
    return [label, `${formatNumber(done)}/${formatNumber(total)} ${unit}`, share, speed, left, ...values].filter(Boolean).join('  ');
  }
}
