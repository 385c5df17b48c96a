import type { CoxswainError } from '@coxswain/base';
import type { GpuBuffer } from './webgpu.js';

/** A stretch of GPU memory that one tensor, or several views of it, live in. */
export class Storage {
  /** Absent while the storage is only planned (inside a capture) and after it was freed. */
  buffer: GpuBuffer | undefined;
  freed = false;
  /**
   * Why what lies here is not what it should be: a launch that was to write it was refused. Writing all of it anew
   * mends it.
   */
  fault: CoxswainError | undefined;
  /** What is thrown where something runs that reads this before the host has written it. */
  unwritten: CoxswainError | undefined;
  /** How often what lies here was written: tells whether a value that a gradient needs is still what it was. */
  changes = { count: 0 };

  constructor(
    readonly bytes: number,
    buffer?: GpuBuffer,
  ) {
    this.buffer = buffer;
  }

  /** Lets go of the memory: whatever still refers to this must not be used again. */
  end(): void {
    this.buffer = undefined;
    this.freed = true;
  }
}

/** What one buffer slot of a launch is bound to. */
export interface Binding {
  readonly storage: Storage;
  /** The storage's buffer when the launch was made, which it keeps; absent where that is still planned. */
  readonly buffer: GpuBuffer | undefined;
  readonly offset: number;
  readonly bytes: number;
  /** The tensor that is bound, for those who look into a launch; absent where the slot has none. */
  readonly tensor?: { readonly name: string; readonly shape: readonly number[]; readonly dtype: string };
}
