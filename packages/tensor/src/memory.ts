import type { BufferPool } from './pool.js';
import { Scope } from './scope.js';
import { Storage } from './storage.js';

/** Which storages are alive, and the scope that will free each. */
export class Memory {
  readonly #live = new Set<Storage>();
  readonly #scopes: Scope[] = [];

  constructor(private readonly pool: BufferPool) {}

  /** Storages that are alive. */
  get live(): number {
    return this.#live.size;
  }

  /** Frees, at its end, every storage made since by `scoped`. */
  scope(): Scope {
    const scope = new Scope((ended) => {
      const at = this.#scopes.indexOf(ended);
      if (at < 0) return;
      this.#scopes.splice(at, 1);
      for (const storage of ended.storages) {
        if (ended.kept.has(storage)) this.#scopes[at - 1]?.storages.add(storage);
        else this.free(storage);
      }
    });
    this.#scopes.push(scope);
    return scope;
  }

  /** Memory of the innermost scope. */
  scoped(bytes: number): Storage {
    const storage = this.own(bytes);
    this.#scopes.at(-1)?.storages.add(storage);
    return storage;
  }

  /** Memory that no scope frees. */
  own(bytes: number): Storage {
    const storage = new Storage(bytes);
    this.fill(storage);
    return storage;
  }

  /** Gives a storage that was only planned memory of its own, which no scope frees. */
  fill(storage: Storage): void {
    storage.buffer = this.pool.take(storage.bytes);
    this.#live.add(storage);
  }

  free(storage: Storage): void {
    if (!this.#live.delete(storage) || !storage.buffer) return;
    for (const scope of this.#scopes) scope.storages.delete(storage);
    this.pool.give(storage.buffer);
    storage.end();
  }
}
