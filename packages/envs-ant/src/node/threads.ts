/** Bodies moved by worker threads, while the calling thread sleeps. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ANT_MODEL, MOTORS, STATE } from '../body.js';
import { badModel } from '../engine.js';
import { AntError } from '../errors.js';
import type { Physics } from '../physics.js';
import { FAILURE, JOB_ROWS, newJobMemory, type SharedJob, SIGNAL, viewJob, type WorkerInput } from './shared.js';

export interface ThreadOptions {
  /** Most threads; by default as many as the machine runs at once. They are started when first needed. */
  readonly threads?: number;
  readonly model?: string;
  /** Milliseconds without a row done after which the threads are taken to be dead; loading the engine counts. */
  readonly patience?: number;
}

/** The engine of a busy machine takes a quarter of a minute to load, a row a few milliseconds. */
const PATIENCE = 120_000;

/**
 * Threads that share memory with each other. Results are copied out once all are there, so that a step that fails has
 * changed nothing: the next one starts threads anew.
 */
export class ThreadPhysics implements Physics {
  private team: Team | undefined;
  private readonly options: Required<ThreadOptions>;

  /** @throws AntError `bad-setting` where there would be no thread. */
  constructor({ threads = availableParallelism(), model = ANT_MODEL, patience = PATIENCE }: ThreadOptions = {}) {
    if (!(Number.isInteger(threads) && threads >= 1))
      throw new AntError(
        'bad-setting',
        `${threads} threads`,
        'an integer of at least 1',
        'leave it out for as many as the machine runs at once',
      );
    this.options = { threads, model, patience };
  }

  advance(from: readonly Float64Array[], torques: readonly ArrayLike<number>[], to: Float64Array): void {
    this.team ??= new Team(this.options);
    try {
      for (let first = 0; first < from.length; first += JOB_ROWS)
        this.team.run(from.slice(first, first + JOB_ROWS), torques.slice(first, first + JOB_ROWS), to.subarray(first * STATE));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Ends the threads. A later step starts new ones. */
  dispose(): void {
    this.team?.end();
    this.team = undefined;
  }

  /** Most threads that there can be. */
  get threads(): number {
    return this.options.threads;
  }

  /** Threads that run now. */
  get workers(): readonly Worker[] {
    return this.team?.workers ?? [];
  }
}

class Team {
  readonly workers: Worker[] = [];
  private readonly memory = newJobMemory();
  private readonly job: SharedJob = viewJob(this.memory);
  /** What a worker ended of while this thread was awake. */
  private ended: string | undefined;
  private program: URL | undefined;

  constructor(private readonly options: Required<ThreadOptions>) {}

  run(from: readonly Float64Array[], torques: readonly ArrayLike<number>[], to: Float64Array): void {
    const { signals, states, torques: shared, results } = this.job;
    const rows = from.length;
    while (this.workers.length < Math.min(this.options.threads, rows)) this.start();
    if (this.ended !== undefined) throw died(this.ended);
    from.forEach((state, row) => {
      states.set(state, row * STATE);
    });
    torques.forEach((list, row) => {
      shared.set(list, row * MOTORS);
    });
    Atomics.store(signals, SIGNAL.done, 0);
    Atomics.store(signals, SIGNAL.total, rows);
    Atomics.store(signals, SIGNAL.finished, 0);
    Atomics.store(signals, SIGNAL.left, rows);
    Atomics.notify(signals, SIGNAL.left);
    this.wait();
    to.set(results.subarray(0, rows * STATE));
  }

  end(): void {
    for (const worker of this.workers) void worker.terminate();
  }

  private start(): void {
    const workerData: WorkerInput = { memory: this.memory, model: this.options.model };
    this.program ??= workerProgram();
    // Flags of the calling thread may name loaders, which the worker has no use for.
    const worker = new Worker(this.program, { workerData, execArgv: [] });
    worker.unref();
    worker.on('error', (error) => {
      this.ended ??= String(error);
    });
    worker.on('exit', (code) => {
      this.ended ??= `it ended with code ${code}`;
    });
    this.workers.push(worker);
  }

  private wait(): void {
    const { signals, text } = this.job;
    let done = 0;
    while (Atomics.load(signals, SIGNAL.finished) === 0) {
      if (Atomics.wait(signals, SIGNAL.finished, 0, this.options.patience) !== 'timed-out') continue;
      // A thread that was killed says nothing: it is known by its silence.
      if (Atomics.load(signals, SIGNAL.done) === done) throw died(`no answer for ${this.options.patience / 1000} s`);
      done = Atomics.load(signals, SIGNAL.done);
    }
    const failure = Atomics.load(signals, SIGNAL.failure);
    if (failure === FAILURE.none) return;
    const message = new TextDecoder().decode(text.slice(0, Atomics.load(signals, SIGNAL.textBytes)));
    throw failure === FAILURE.model ? badModel(message) : died(message);
  }
}

function died(what: string): AntError {
  const value = `a worker thread of the physics died: ${what}`;
  return new AntError(
    'worker-died',
    value,
    'threads that finish their step',
    'step again: no episode has moved, and new threads are started',
  );
}

/** What of esbuild is used, which only this repository has. */
interface Compiler {
  buildSync(options: object): { readonly outputFiles: readonly { readonly contents: Uint8Array }[] };
}

/**
 * The worker as Node runs it. From source it is compiled at once: a loader's own thread would wait for the calling one,
 * which sleeps.
 */
function workerProgram(): URL {
  if (!import.meta.url.endsWith('.ts')) {
    // As this package is built, and as `npm run pack` lays it beside the command.
    const places = ['./worker.js', './ant-worker.mjs'].map((name) => new URL(name, import.meta.url));
    const built = places.find((place) => existsSync(fileURLToPath(place)));
    if (!built) throw badModel(`the worker’s program is not at ${places.join(' or ')}`);
    return built;
  }
  const require = createRequire(import.meta.url);
  const mujoco = pathToFileURL(require.resolve('@mujoco/mujoco')).href;
  const { buildSync } = require('esbuild') as Compiler;
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('./worker.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    conditions: ['source'],
    alias: { '@mujoco/mujoco': mujoco },
    external: [mujoco],
  });
  return new URL(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
