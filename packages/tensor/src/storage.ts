/** A stretch of GPU memory that one tensor, or several views of it, live in. */
export class Storage {
  /** Absent while the storage is only planned (inside a capture) and after it was freed. */
  buffer: GPUBuffer | undefined;
  freed = false;

  constructor(
    readonly bytes: number,
    buffer?: GPUBuffer,
  ) {
    this.buffer = buffer;
  }
}

/** What one buffer slot of a launch is bound to. */
export interface Binding {
  readonly storage: Storage;
  readonly offset: number;
  readonly bytes: number;
}
