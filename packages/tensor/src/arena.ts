/** Where the temporaries of captured programs live. */
import type { BufferPool } from './pool.js';
import type { Binding, Storage } from './storage.js';

/** When a temporary is needed: from its first launch to its last, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Assigns planned storages to slots so that storages alive at the same time never share one; largest first. */
export function planSlots(lifetimes: readonly Lifetime[]): { slot: number[]; sizes: number[] } {
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b].bytes - lifetimes[a].bytes || a - b);
  const slots: { bytes: number; taken: { first: number; last: number }[] }[] = [];
  const slot = new Array<number>(lifetimes.length);
  for (const i of order) {
    const { bytes, first, last } = lifetimes[i];
    let found = slots.findIndex(({ taken }) => taken.every((other) => last < other.first || first > other.last));
    if (found < 0) found = slots.push({ bytes, taken: [] }) - 1;
    slots[found].taken.push({ first, last });
    slot[i] = found;
  }
  return { slot, sizes: slots.map(({ bytes }) => bytes) };
}

interface Slot {
  readonly buffer: GPUBuffer;
  /** Programs whose temporaries lie here. */
  programs: number;
}

/** Buffers that all captured programs share for their temporaries: programs run one after another. */
export class Arena {
  readonly #slots: (Slot | undefined)[] = [];

  constructor(private readonly pool: BufferPool) {}

  /**
   * Gives the `planned` storages their buffers.
   * @returns what to call when the program is gone: slots that no program uses go back to the pool.
   */
  place(launches: readonly { readonly bindings: readonly Binding[] }[], planned: ReadonlySet<Storage>): () => void {
    const spans = lifetimes(launches, planned);
    const { slot, sizes } = planSlots([...spans.values()]);
    const used: Slot[] = [];
    const release = (): void => {
      for (const taken of used.splice(0)) this.#release(taken);
    };
    try {
      sizes.forEach((bytes, i) => {
        let present = this.#slots[i];
        // A slot that is too small stays with the programs that use it; later programs get the larger one.
        if (!present || present.buffer.size < bytes) present = this.#slots[i] = { buffer: this.pool.take(bytes), programs: 0 };
        present.programs++;
        used.push(present);
      });
    } catch (error) {
      release();
      throw error;
    }
    [...spans.keys()].forEach((storage, i) => {
      storage.buffer = used[slot[i]].buffer;
    });
    return release;
  }

  #release(slot: Slot): void {
    if (--slot.programs > 0) return;
    this.pool.give(slot.buffer);
    const at = this.#slots.indexOf(slot);
    if (at >= 0) this.#slots[at] = undefined;
  }
}

function lifetimes(launches: readonly { readonly bindings: readonly Binding[] }[], planned: ReadonlySet<Storage>): Map<Storage, Lifetime> {
  const spans = new Map<Storage, Lifetime>();
  launches.forEach(({ bindings }, i) => {
    for (const { storage } of bindings) {
      if (planned.has(storage)) spans.set(storage, { bytes: storage.bytes, first: spans.get(storage)?.first ?? i, last: i });
    }
  });
  return spans;
}
