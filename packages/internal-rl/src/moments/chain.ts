/**
 * How a controller came to the moments that it was shown: a first rule, then the switches of one finished controller
 * after the other. Without those before it no demonstration can be shown to it, so they are kept beside it in
 * `model.safetensors`.
 */

import { firstOf, type Trajectories } from '@coxswain/envs';
import type { Base, Config } from '@coxswain/lab';
import { STAGES } from '@coxswain/metacontroller';
import { CheckpointError, readSafetensors, type SafeTensor } from '@coxswain/tensor';
import type { Controller, NamedTensors } from '../phases/controller.js';
import type { StageTrace } from '../report/traces.js';
import { JumpMoments, jumpsOf, type Moments, RandomMoments, SwitchMoments, TouchMoments } from './moments.js';
import type { StepTable } from './step-table.js';

/** The rule that the first controller's moments were found by. */
export type Origin =
  | { readonly kind: 'jumps'; readonly layer: number; readonly threshold: number }
  | { readonly kind: 'random'; readonly share: number; readonly seed: number }
  | { readonly kind: 'touches' };

/** Trajectories that figures show. */
const TRACED = 6;
/** Name in the metadata of `model.safetensors`. */
const ORIGIN = 'moments';

function momentsOf(origin: Origin, base: Base): Moments {
  if (origin.kind === 'jumps') return new JumpMoments(base, origin.layer, origin.threshold);
  return origin.kind === 'random' ? new RandomMoments(origin.share, origin.seed) : new TouchMoments(base.world.definition.name);
}

interface ChainParts {
  readonly base: Base;
  readonly config: Pick<Config, 'metacontroller' | 'discover'>;
  /** A frozen controller of these settings with these weights. */
  readonly make: (tensors: NamedTensors) => Controller;
}

/** Finished controllers, each shown where the switch of the one before it opened. */
export class Chain {
  readonly #finished: { readonly tensors: NamedTensors; readonly controller: Controller }[] = [];
  #moments: Moments;
  /** What those were shown. */
  readonly #earlier: Moments[] = [];

  constructor(
    private readonly parts: ChainParts,
    readonly origin: Origin,
    finished: readonly NamedTensors[] = [],
  ) {
    this.#moments = momentsOf(origin, parts.base);
    for (const tensors of finished) this.add(tensors);
  }

  /** Controllers that are finished. */
  get length(): number {
    return this.#finished.length;
  }

  /** What the controller after them is shown. */
  get moments(): Moments {
    return this.#moments;
  }

  /** Where the switch of a controller opens that was shown these moments. It stays with whoever made it. */
  switchesOf(controller: Pick<Controller, 'model'>): Moments {
    return new SwitchMoments(this.parts.base, controller, this.parts.config, this.#moments);
  }

  /** Lets the next controller see where the switch of this one opens. */
  add(tensors: NamedTensors): void {
    const controller = this.parts.make(tensors);
    const next = this.switchesOf(controller);
    this.#earlier.push(this.#moments);
    this.#moments = next;
    this.#finished.push({ tensors, controller });
  }

  /**
   * What each stage was shown and found in the first few of these episodes, for figures.
   * @param last the controller that was trained after the finished ones.
   * @param seed of the episodes.
   */
  async traces(last: Pick<Controller, 'model'>, episodes: Trajectories, seed: number): Promise<StageTrace[]> {
    const few = firstOf(episodes, TRACED);
    const shown = [...this.#earlier, this.#moments];
    const tables: { readonly shown: StepTable; readonly opened: StepTable }[] = [];
    for (const [i, moments] of shown.entries()) {
      const opened = i + 1 < shown.length ? shown[i + 1] : this.switchesOf(last);
      tables.push({ shown: await moments.of(few), opened: await opened.of(few) });
    }
    const { origin } = this;
    const jumps = origin.kind === 'jumps' ? await jumpsOf(this.parts.base, origin.layer, few) : [];
    return Array.from({ length: few.count }, (_, i) => ({
      title: `seed ${seed}, episode ${i}`,
      subgoals: [...(few.goal?.subarray(i * few.horizon, i * few.horizon + few.length[i]) ?? [])],
      ...(origin.kind === 'jumps' ? { jumps: { layer: origin.layer, threshold: origin.threshold, values: [...jumps[i]] } } : {}),
      stages: tables.map((table) => ({ shown: [...table.shown.at(i)], opened: [...table.opened.at(i)] })),
    }));
  }

  /** The finished controllers, as `model.safetensors` has them. */
  tensors(): NamedTensors {
    const named = (tensors: NamedTensors, i: number) =>
      [...tensors].map(([name, tensor]) => [`${STAGES}${i + 1}.${name}`, tensor] as const);
    return new Map(this.#finished.flatMap(({ tensors }, i) => named(tensors, i)));
  }

  /** The rest of it, for the metadata there. */
  metadata(): Record<string, string> {
    return { [ORIGIN]: JSON.stringify(this.origin) };
  }

  dispose(): void {
    for (const { controller } of this.#finished) controller.dispose();
  }
}

function originOf(text: string, what: string): Origin {
  try {
    const origin = JSON.parse(text) as Origin;
    if (['jumps', 'random', 'touches'].includes(origin.kind)) return origin;
  } catch {
    // Told below, as what is JSON and no origin.
  }
  throw new CheckpointError(
    what,
    `\`${ORIGIN}\` in its metadata is ${text.slice(0, 40)}`,
    'what discovery wrote',
    'Restore it from a copy',
  );
}

/**
 * The chain beside a controller; absent where its moments need none.
 * @param bytes of `model.safetensors`.
 */
export function readChain(parts: ChainParts, bytes: Uint8Array, what: string): Chain | undefined {
  const { tensors, metadata } = readSafetensors(bytes, what);
  if (!Object.hasOwn(metadata, ORIGIN)) return undefined;
  const finished: Map<string, SafeTensor>[] = [];
  for (let stage = 1; ; stage++) {
    const prefix = `${STAGES}${stage}.`;
    const own = [...tensors].filter(([name]) => name.startsWith(prefix));
    if (own.length === 0) break;
    finished.push(new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor])));
  }
  return new Chain(parts, originOf(metadata[ORIGIN], what), finished);
}
