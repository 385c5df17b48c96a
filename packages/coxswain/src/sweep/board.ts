/** Where every run of a sweep stands, and the runs that this process does. */
import { EXIT_CODES } from '@coxswain/base';
import { exitCodeOf, formatDuration } from '@coxswain/lab';
import type { Child } from './child.js';
import type { Need } from './file.js';
import type { PlannedRun } from './plan.js';

/** `elsewhere`: another process does it; `unable`: it needs what this adapter has not. */
export type RunState = 'waiting' | 'ready' | 'running' | 'elsewhere' | 'finished' | 'failed' | 'unable' | 'held up';

export interface BoardOptions {
  /** What the adapter here can do. */
  readonly offers: ReadonlySet<Need>;
  /** Whether other machines do runs too; what the adapter here cannot do is then left to them. */
  readonly shared: boolean;
  readonly hasFinished: (run: PlannedRun) => boolean;
  /** Whether another process does it now. */
  readonly isBusy: (run: PlannedRun) => boolean;
  readonly start: (run: PlannedRun) => Child;
  readonly say: (text: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** A run that loses its device, or that the system kills, is started again so often: it goes on from its checkpoint. */
const RETRIES = 2;
/** `undefined`: a signal ended it. */
const RETRIED: readonly (number | undefined)[] = [EXIT_CODES['device-lost'], EXIT_CODES.stalled, EXIT_CODES.killed, undefined];

export class Board {
  readonly #states = new Map<string, RunState>();
  readonly #reasons: string[] = [];
  readonly #children = new Map<string, Child>();
  readonly #attempts = new Map<string, number>();
  /** Runs that are left to machines that can do them. */
  readonly #left = new Set<string>();
  #full = false;

  constructor(
    readonly plan: readonly PlannedRun[],
    private readonly options: BoardOptions,
  ) {
    for (const { name } of plan) this.#states.set(name, 'waiting');
  }

  get states(): ReadonlyMap<string, RunState> {
    return this.#states;
  }

  /** One sentence for each run that failed. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }

  /** The runs that this process does now. */
  get children(): ReadonlyMap<string, Child> {
    return this.#children;
  }

  /** Whether no further run is to begin: Ctrl-C, or a disk that is full. */
  get stopped(): boolean {
    return this.options.signal.aborted || this.#full;
  }

  all(...states: readonly RunState[]): PlannedRun[] {
    return this.plan.filter(({ name }) => states.includes(this.#states.get(name) as RunState));
  }

  /**
   * Finds out which runs can begin, which are done, and which never will be.
   * @param again states that are looked at anew.
   */
  look(...again: readonly RunState[]): void {
    for (const run of this.plan) {
      const state = this.#states.get(run.name) as RunState;
      if (state !== 'waiting' && state !== 'elsewhere' && !again.includes(state)) continue;
      const inputs = run.after.map((name) => this.#states.get(name));
      if (inputs.some((input) => input === 'failed' || input === 'unable' || input === 'held up')) this.#states.set(run.name, 'held up');
      else if (inputs.every((input) => input === 'finished')) this.#states.set(run.name, this.standing(run));
    }
  }

  /** Where a run stands whose inputs are there; failed where its folder holds another run. */
  standing(run: PlannedRun): RunState {
    // Asked first: what another process finishes in between is then found finished, not begun again.
    const busy = this.options.isBusy(run);
    try {
      if (this.options.hasFinished(run)) return 'finished';
    } catch (error) {
      return this.fail(run, `${run.name} (exit code ${exitCodeOf(error)}): ${(error as Error).message}`);
    }
    const lacking = run.needs.filter((need) => !this.options.offers.has(need));
    if (lacking.length > 0) {
      if (!this.options.shared) return 'unable';
      this.#leave(run, `needs ${lacking.join(' and ')}, which this adapter has not`);
    }
    if (this.#left.has(run.name)) return 'elsewhere';
    if (!busy) return 'ready';
    if (this.#states.get(run.name) !== 'elsewhere' && !this.options.shared)
      this.options.say(`${run.name} is done by another process; waiting for it`);
    return 'elsewhere';
  }

  /** From now on another machine has to do it. */
  #leave({ name }: PlannedRun, why: string): RunState {
    if (!this.#left.has(name)) this.options.say(`${name} ${why}; left to other machines`);
    this.#left.add(name);
    return 'elsewhere';
  }

  fail({ name }: PlannedRun, reason: string): RunState {
    this.#reasons.push(reason);
    this.options.say(`failed: ${reason}`);
    this.#states.set(name, 'failed');
    return 'failed';
  }

  /**
   * Does a run in a process of its own.
   * @returns where it stands afterwards: `ready` or `waiting` where it has to be begun again.
   */
  async begin(run: PlannedRun): Promise<RunState> {
    const { start, say, now } = this.options;
    const began = now();
    let state: RunState;
    try {
      const child = start(run);
      this.#states.set(run.name, 'running');
      this.#children.set(run.name, child);
      say(`started ${run.name}`);
      const code = await child.ended;
      state = this.#ended(run, child, code, (now() - began) / 1000);
    } catch (error) {
      state = this.fail(run, `${run.name}: ${(error as Error).message}`);
    } finally {
      this.#children.delete(run.name);
    }
    this.#states.set(run.name, state);
    return state;
  }

  /** Asks the runs under way to save and end. */
  interrupt(): void {
    for (const child of this.#children.values()) child.interrupt();
  }

  #ended(run: PlannedRun, child: Child, code: number | undefined, seconds: number): RunState {
    const { name } = run;
    if (code === 0) {
      this.options.say(`finished ${name} in ${formatDuration(seconds)}`);
      return 'finished';
    }
    if (this.options.signal.aborted) return 'ready';
    // Somebody was quicker, or still is: which of them is found out next.
    if (code === EXIT_CODES['folder-busy']) return 'waiting';
    if (code === EXIT_CODES['out-of-memory'] && this.options.shared)
      return this.#leave(run, `is too large for this adapter (${child.line()})`);
    if (code === EXIT_CODES['disk-full']) this.#full = true;
    const attempt = (this.#attempts.get(name) ?? 0) + 1;
    this.#attempts.set(name, attempt);
    if (RETRIED.includes(code) && attempt <= RETRIES) {
      this.options.say(`${name} ended with ${code === undefined ? 'a signal' : `exit code ${code}`}; going on with it`);
      return 'ready';
    }
    return this.fail(run, `${name} (${code === undefined ? 'killed' : `exit code ${code}`}): ${child.line()}`);
  }
}
