/** What steps of training ask of an adapter, in the few quantities that their time is made of. */
import type { Device, Launch } from '@coxswain/tensor';

/**
 * Recurrences by what runs them: a software adapter’s kernels for states that fit into private memory are faster than
 * its `gru/*-rows` for wider ones, and these than the kernels for any width.
 */
const RECURRENCES = ['recurrence', 'recurrenceByRows', 'recurrenceOfAnyWidth'] as const;
/** Kinds of work, each of which an adapter does at a rate of its own. */
export const KINDS = ['dispatches', 'products', 'attention', ...RECURRENCES, 'cache', 'memory', 'uploads'] as const;
export type WorkKind = (typeof KINDS)[number];

/**
 * Launches; floating-point operations of matrix products, attention and recurrences; bytes of attention's caches (a
 * meter counts these whole: how far an episode is no launch knows), of all other kernels, and from the host.
 */
export type Work = Readonly<Record<WorkKind, number>>;

export const NO_WORK = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Work;

/** All floating-point operations that are counted. */
export const operationsOf = (work: Work): number =>
  [work.products, work.attention, ...RECURRENCES.map((kind) => work[kind])].reduce((sum, operations) => sum + operations);

/** Work as it may have been stored: format 1 did not always tell recurrences apart by kernel. */
export type StoredWork = Pick<Work, Exclude<WorkKind, (typeof RECURRENCES)[number]> | 'recurrence'> & Partial<Work>;

/**
 * Stored work in the kinds of now. Where recurrences were not told apart, `recurrence` holds all of their operations.
 */
export const workInKinds = (stored: StoredWork): Work => ({ recurrenceByRows: 0, recurrenceOfAnyWidth: 0, ...stored });

export function addWork(a: Work, b: Work, times = 1): Work {
  return Object.fromEntries(KINDS.map((kind) => [kind, a[kind] + times * b[kind]])) as Work;
}

/** Kernels by their name or the folder that they lie in; all others move memory. */
const KIND_OF: Readonly<Record<string, WorkKind>> = {
  matmul: 'products',
  attention: 'attention',
  // One step of a rollout reads the whole cache for a few operations on each number.
  'attention/step': 'cache',
  'attention/split-step': 'cache',
  gru: 'recurrence',
  'gru/forward-rows': 'recurrenceByRows',
  'gru/backward-rows': 'recurrenceByRows',
  'gru/forward': 'recurrenceOfAnyWidth',
  'gru/backward': 'recurrenceOfAnyWidth',
  'rg-lru': 'recurrence',
  'switch-integration': 'recurrence',
};

function workOf(launches: readonly Launch[]): Work {
  const work: Record<WorkKind, number> = { ...NO_WORK, dispatches: launches.length };
  for (const { pipeline, cost } of launches) {
    const kind = KIND_OF[pipeline.label] ?? KIND_OF[pipeline.label.split('/')[0]] ?? 'memory';
    work[kind] += kind === 'memory' || kind === 'cache' ? cost.bytes : cost.flops;
  }
  return work;
}

/** Counts what a device is given to do, from now until it is stopped. */
export class WorkMeter {
  #work = NO_WORK;
  readonly #known = new WeakMap<readonly Launch[], Work>();
  readonly #uploaded: number;

  constructor(private readonly device: Device) {
    this.#uploaded = device.counters.uploaded;
    device.onLaunches = (launches) => {
      let work = this.#known.get(launches);
      if (!work) {
        work = workOf(launches);
        this.#known.set(launches, work);
      }
      this.#work = addWork(this.#work, work);
    };
  }

  /** All of it so far. */
  get work(): Work {
    return { ...this.#work, uploads: this.device.counters.uploaded - this.#uploaded };
  }

  stop(): void {
    this.device.onLaunches = undefined;
  }
}
