/**
 * A sweep shared by machines over Redis (BullMQ). Every machine runs the same command on the same folder: each offers
 * the runs that can begin, and takes one when a worker is free. The folder says what has finished; Redis only says who
 * does what now, so that a Redis that forgets everything costs nothing but the offers.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisError } from '@coxswain/lab';
import type { Job, Queue, RedisOptions, Worker } from 'bullmq';
import type { Board } from './board.js';
import type { PlannedRun } from './plan.js';

export interface SharedOptions {
  /** `redis://host:6379`. */
  readonly address: string;
  readonly workers: number;
  /** Seconds that a Redis that has never answered is waited for; 0: for ever. */
  readonly patience: number;
  readonly say: (text: string) => void;
  readonly show: (board: Board) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Milliseconds; monotonic. */
  readonly now: () => number;
}

/** A worker that is gone is noticed after so long, and its run given to another. */
const LEASE_MS = 10_000;
const POLL_MS = 1000;
/** What cannot do a run gives it back, and takes it again no sooner. */
const AGAIN_MS = 3000;
const NO_ANSWER = 'no answer';
/** Answers of Redis that waiting does not cure. */
const HOPELESS = /NOAUTH|WRONGPASS|NOPERM|ENOTFOUND|invalid username-password|ERR invalid password/i;

function connection(address: string): RedisOptions {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new RedisError(address, 'not an address', 'Give one like redis://127.0.0.1:6379.');
  }
  if (!['redis:', 'rediss:'].includes(url.protocol))
    throw new RedisError(address, `the protocol ${url.protocol}`, 'Give one like redis://127.0.0.1:6379.');
  return {
    host: url.hostname,
    port: url.port === '' ? 6379 : Number(url.port),
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    ...(url.pathname.length > 1 ? { db: Number(url.pathname.slice(1)) } : {}),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(100 * 2 ** times, 3000),
  };
}

type BullMQ = typeof import('bullmq');

/** What sharing needs and nothing else does: it is installed only by who shares. @throws RedisError that says how. */
async function loadBullMQ(address: string): Promise<BullMQ> {
  try {
    // BullMQ asks for ioredis itself, without saying so where it is missing.
    const [bullmq] = await Promise.all([import('bullmq'), import('ioredis')]);
    return bullmq;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [, missing] = /^Cannot find (?:package|module) '(bullmq|ioredis)'/.exec(message) ?? [];
    if (missing === undefined || !['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(code ?? '')) throw error;
    throw new RedisError(address, `\`${missing}\` is not installed`, 'Sharing needs two packages more: npm install bullmq ioredis');
  }
}

class Sharing {
  readonly #queue: Queue;
  readonly #worker: Worker;
  readonly #runs: ReadonlyMap<string, PlannedRun>;
  /** Why Redis cannot be asked, while it cannot. */
  #away: string | undefined;
  #hopeless: RedisError | undefined;
  /** When it was first asked; nothing any more once Redis has answered. */
  #waitingSince: number | undefined;

  constructor(
    private readonly bullmq: BullMQ,
    private readonly board: Board,
    private readonly options: SharedOptions,
  ) {
    const { address, workers } = options;
    // Machines that plan the same command lines share the work.
    const lines = board.plan.map(({ args }) => JSON.stringify(args)).join('\n');
    const name = `coxswain-${createHash('sha256').update(lines).digest('hex').slice(0, 16)}`;
    this.#runs = new Map(board.plan.map((run) => [run.name, run]));
    this.#queue = new bullmq.Queue(name, { connection: connection(address) });
    this.#worker = new bullmq.Worker(name, (job, token) => this.#take(job, token), {
      connection: connection(address),
      autorun: false,
      concurrency: workers,
      lockDuration: LEASE_MS,
      stalledInterval: LEASE_MS / 2,
      // However often machines go, the run is started again.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    });
    this.#waitingSince = options.now();
    this.#queue.on('error', (error) => this.#trouble(error));
    this.#worker.on('error', (error) => this.#trouble(error));
  }

  async run(): Promise<void> {
    const { board } = this;
    // Not waited for: it ends when the worker is closed.
    void this.#worker.run().catch((error: Error) => this.#trouble(error));
    try {
      await this.#ask(() => this.#forgetFailures());
      while (!board.stopped && !this.#hopeless) {
        board.look('ready');
        await this.#ask(() => this.#offer());
        if (board.all('waiting', 'ready', 'running', 'elsewhere').length === 0) break;
        await this.#pause(POLL_MS);
        this.options.show(board);
      }
    } finally {
      if (board.stopped || this.#hopeless) board.interrupt();
      // Waits for the runs under way, which give themselves back.
      await this.#worker.close(this.#away !== undefined);
      await this.#queue.close();
    }
    if (this.#hopeless) throw this.#hopeless;
  }

  /** A run that failed in an earlier sweep is tried again. */
  async #forgetFailures(): Promise<void> {
    for (const job of await this.#queue.getFailed()) await job.remove();
  }

  /** Offers what can begin; what is offered already stays. Learns of failures elsewhere. */
  async #offer(): Promise<void> {
    for (const job of await this.#queue.getFailed()) {
      const run = this.#runs.get(job.name);
      if (run && this.board.states.get(run.name) !== 'failed') this.board.fail(run, job.failedReason ?? `${job.name} failed`);
    }
    const ready = this.board.all('ready', 'elsewhere');
    if (ready.length > 0)
      await this.#queue.addBulk(
        ready.map(({ name }) => ({ name, data: {}, opts: { jobId: name, removeOnComplete: true, removeOnFail: false } })),
      );
  }

  /** Does one run that Redis gave to this process. */
  async #take(job: Job, token: string | undefined): Promise<void> {
    const run = this.#runs.get(job.name);
    if (!run) return;
    const state = this.board.standing(run);
    if (state === 'finished') return;
    if (state === 'failed') throw new this.bullmq.UnrecoverableError(this.board.reasons.at(-1));
    if (state !== 'ready' || this.board.stopped) return this.#giveBack(job, token);
    const after = await this.board.begin(run);
    if (after === 'failed') throw new this.bullmq.UnrecoverableError(this.board.reasons.at(-1));
    if (after !== 'finished') return this.#giveBack(job, token);
  }

  async #giveBack(job: Job, token: string | undefined): Promise<never> {
    if (!this.board.stopped) await sleep(AGAIN_MS);
    await job.moveToWait(token);
    throw new this.bullmq.WaitingError();
  }

  /** Waits, but not beyond Ctrl-C. */
  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.options.signal }).catch(() => {});
  }

  /** Asks Redis something; while it is away the sweep waits. */
  async #ask(what: () => Promise<void>): Promise<void> {
    try {
      await Promise.race([what(), this.#pause(4 * POLL_MS).then(() => Promise.reject(new Error(NO_ANSWER)))]);
      if (this.#away !== undefined) this.options.say(`Redis at ${this.options.address} is back.`);
      this.#away = undefined;
      this.#waitingSince = undefined;
    } catch (error) {
      if (!this.options.signal.aborted) this.#trouble(error as Error);
    }
  }

  #trouble(error: Error): void {
    const reason = error.message || (error as NodeJS.ErrnoException).code || String(error);
    if (HOPELESS.test(reason)) this.#hopeless ??= new RedisError(this.options.address, reason, 'Correct the address, user or password.');
    // A job whose lease or record is gone: Redis was restarted, or this machine slept. Its folder tells what is left to
    // do.
    if (/Missing (key|lock)|Lock mismatch|could not renew lock/i.test(reason)) return;
    // A silence that turns out to have a reason is told anew, with that.
    const told = this.#away !== undefined && (this.#away !== NO_ANSWER || reason === NO_ANSWER);
    if (!told && !this.#hopeless)
      this.options.say(`Redis at ${this.options.address} is away (${reason}); waiting for it. Runs under way go on.`);
    if (!told) this.#away = reason;
    const { address, patience, now } = this.options;
    if (patience > 0 && this.#waitingSince !== undefined && now() - this.#waitingSince >= 1000 * patience)
      this.#hopeless ??= new RedisError(
        address,
        `no answer within ${patience} s (${reason})`,
        'Correct the address, start Redis there, or wait longer with --redis-wait.',
      );
  }
}

/**
 * Does what is missing, together with every other machine that does the same.
 * @throws RedisError where BullMQ is not installed, Redis refuses us, or has not answered within `patience`; once it
 * has, this waits
 *   while it is away.
 */
export async function runShared(board: Board, options: SharedOptions): Promise<void> {
  return new Sharing(await loadBullMQ(options.address), board, options).run();
}
