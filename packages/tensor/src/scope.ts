import type { Storage } from './storage.js';
import type { Tensor } from './tensor.js';

/**
 * Frees, when it ends, every tensor made since it began, except those that were kept (they pass to the scope around
 * it). `using scope = device.scope()` ends it with the block.
 */
export class Scope {
  readonly storages = new Set<Storage>();

  constructor(private readonly end: (scope: Scope) => void) {}

  /** Lets a tensor outlive this scope. */
  keep<T extends Tensor>(tensor: T): T {
    this.kept.add(tensor.storage);
    return tensor;
  }

  readonly kept = new Set<Storage>();

  [Symbol.dispose](): void {
    this.end(this);
  }
}
