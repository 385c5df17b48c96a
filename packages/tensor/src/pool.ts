import { OutOfMemoryError } from './errors.js';

/** Storage, copy in and out; uniforms are made apart. */
const USAGE = 0x80 | 0x4 | 0x8;

/**
 * Rounds a size up so that buffers are found again: to 256 bytes below 32 KiB, above that to an eighth of the power of
 * two below (at most 12.5 % waste; whole powers of two wasted 38 % in onnxruntime, issue 29016).
 */
export function roundedSize(bytes: number): number {
  const least = Math.max(bytes, 256);
  const step = least <= 32768 ? 256 : 2 ** Math.floor(Math.log2(least)) / 8;
  return Math.ceil(least / step) * step;
}

/** Buffers that were freed and wait to be used again. WebGPU orders the queue, so reuse needs no fence. */
export class BufferPool {
  readonly #free = new Map<number, GPUBuffer[]>();
  /** Bytes in buffers that exist, in use or waiting. */
  allocatedBytes = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly largest: number,
  ) {}

  take(bytes: number): GPUBuffer {
    const size = roundedSize(bytes);
    const waiting = this.#free.get(size)?.pop();
    if (waiting) return waiting;
    if (size > this.largest) throw new OutOfMemoryError(`a tensor of ${bytes} bytes`, `this adapter binds at most ${this.largest} bytes at once`);
    this.allocatedBytes += size;
    return this.device.createBuffer({ size, usage: USAGE });
  }

  give(buffer: GPUBuffer): void {
    const list = this.#free.get(buffer.size);
    if (list) list.push(buffer);
    else this.#free.set(buffer.size, [buffer]);
  }

  /** Destroys every waiting buffer. */
  trim(): void {
    for (const list of this.#free.values()) {
      for (const buffer of list) {
        this.allocatedBytes -= buffer.size;
        buffer.destroy();
      }
    }
    this.#free.clear();
  }
}
