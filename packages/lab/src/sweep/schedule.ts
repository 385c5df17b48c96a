/** Does what is missing of a sweep with a number of workers, each run a process of its own. */
import { exitCodeOf } from '../errors.js';
import { formatDuration } from '../progress.js';
import type { Child } from './child.js';
import type { Need } from './file.js';
import type { PlannedRun } from './plan.js';

/** `elsewhere`: another process does it; `unable`: it needs what this adapter has not. */
export type RunState = 'waiting' | 'ready' | 'running' | 'elsewhere' | 'finished' | 'failed' | 'unable' | 'held up';

export interface ScheduleOptions {
  readonly workers: number;
  /** What the adapter here can do. */
  readonly offers: ReadonlySet<Need>;
  readonly hasFinished: (run: PlannedRun) => boolean;
  /** Whether another process does it now. */
  readonly isBusy: (run: PlannedRun) => boolean;
  readonly start: (run: PlannedRun) => Child;
  readonly say: (text: string) => void;
  /** Called often while runs are under way. */
  readonly show: (states: ReadonlyMap<string, RunState>, children: ReadonlyMap<string, Child>) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Milliseconds between looks at runs that others do. */
  readonly pollMs?: number;
}

export interface Schedule {
  readonly states: ReadonlyMap<string, RunState>;
  /** One sentence for each run that failed. */
  readonly reasons: readonly string[];
}

/** A run that loses its device, or that the system kills, is started again so often: it goes on from its checkpoint. */
const RETRIES = 2;
const BUSY = 8;
const DISK_FULL = 9;
const RETRIED: readonly (number | undefined)[] = [13, 137, undefined];

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Scheduler {
  readonly states = new Map<string, RunState>();
  readonly reasons: string[] = [];
  readonly #children = new Map<string, Child>();
  readonly #attempts = new Map<string, number>();
  readonly #ends = new Set<Promise<void>>();
  #full = false;

  constructor(
    private readonly plan: readonly PlannedRun[],
    private readonly options: ScheduleOptions,
  ) {
    for (const { name } of plan) this.states.set(name, 'waiting');
  }

  async run(): Promise<Schedule> {
    const { signal, pollMs = 2000 } = this.options;
    const interrupt = (): void => {
      for (const child of this.#children.values()) child.interrupt();
    };
    signal.addEventListener('abort', interrupt);
    try {
      for (;;) {
        this.#look();
        this.#fill();
        const elsewhere = [...this.states.values()].includes('elsewhere') && !this.#stopped;
        if (this.#ends.size === 0 && !elsewhere) break;
        await Promise.race([...this.#ends, sleep(pollMs)]);
        this.options.show(this.states, this.#children);
      }
    } finally {
      signal.removeEventListener('abort', interrupt);
      interrupt();
      await Promise.allSettled(this.#ends);
    }
    return { states: this.states, reasons: this.reasons };
  }

  get #stopped(): boolean {
    return this.options.signal.aborted || this.#full;
  }

  /** Finds out which runs can begin, which are done, and which never will be. */
  #look(): void {
    for (const run of this.plan) {
      const state = this.states.get(run.name);
      if (state !== 'waiting' && state !== 'elsewhere') continue;
      const inputs = run.after.map((name) => this.states.get(name));
      if (inputs.some((input) => input === 'failed' || input === 'unable' || input === 'held up')) this.states.set(run.name, 'held up');
      if (!inputs.every((input) => input === 'finished')) continue;
      this.states.set(run.name, this.#standing(run));
    }
  }

  #standing(run: PlannedRun): RunState {
    // Asked first: what another process finishes in between is then found finished, not begun again.
    const busy = this.options.isBusy(run);
    try {
      if (this.options.hasFinished(run)) return 'finished';
    } catch (error) {
      return this.#fail(run, `${run.name} (exit code ${exitCodeOf(error)}): ${(error as Error).message}`);
    }
    if (!run.needs.every((need) => this.options.offers.has(need))) return 'unable';
    if (!busy) return 'ready';
    if (this.states.get(run.name) !== 'elsewhere') this.options.say(`${run.name} is done by another process; waiting for it`);
    return 'elsewhere';
  }

  #fail({ name }: PlannedRun, reason: string): RunState {
    this.reasons.push(reason);
    this.options.say(`failed: ${reason}`);
    this.states.set(name, 'failed');
    return 'failed';
  }

  #fill(): void {
    for (const run of this.plan) {
      if (this.#stopped || this.#children.size >= this.options.workers) return;
      if (this.states.get(run.name) === 'ready') this.#begin(run);
    }
  }

  #begin(run: PlannedRun): void {
    const { start, say, now } = this.options;
    const began = now();
    const child = start(run);
    this.states.set(run.name, 'running');
    this.#children.set(run.name, child);
    say(`started ${run.name}`);
    const end = child.ended
      .then(
        (code) => this.#ended(run, child, code, (now() - began) / 1000),
        (error: unknown) => void this.#fail(run, `${run.name}: ${(error as Error).message}`),
      )
      .finally(() => {
        this.#children.delete(run.name);
        this.#ends.delete(end);
      });
    this.#ends.add(end);
  }

  #ended(run: PlannedRun, child: Child, code: number | undefined, seconds: number): void {
    const { name } = run;
    if (code === 0) {
      this.states.set(name, 'finished');
      this.options.say(`finished ${name} in ${formatDuration(seconds)}`);
      return;
    }
    if (this.options.signal.aborted) {
      this.states.set(name, 'ready');
      return;
    }
    // Somebody was quicker, or still is: which of them is found out next.
    if (code === BUSY) {
      this.states.set(name, 'waiting');
      return;
    }
    if (code === DISK_FULL) this.#full = true;
    const attempt = (this.#attempts.get(name) ?? 0) + 1;
    this.#attempts.set(name, attempt);
    if (RETRIED.includes(code) && attempt <= RETRIES) {
      this.options.say(`${name} ended with ${code === undefined ? 'a signal' : `exit code ${code}`}; going on with it`);
      this.states.set(name, 'ready');
      return;
    }
    this.#fail(run, `${name} (${code === undefined ? 'killed' : `exit code ${code}`}): ${child.line()}`);
  }
}

/**
 * Does what is missing, as many runs at a time as there are workers, each as soon as what it starts from is there. A run that fails
 * holds up only what starts from it; a disk that is full stops all.
 */
export function runSchedule(plan: readonly PlannedRun[], options: ScheduleOptions): Promise<Schedule> {
  return new Scheduler(plan, options).run();
}
