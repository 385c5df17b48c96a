import { OutOfMemoryError } from './errors.js';
import type { Attempt } from './failure.js';
import type { GpuBuffer, GpuDevice } from './webgpu.js';

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

/** What a buffer of so many bytes is refused with. @param largest that the adapter can bind. */
export function tooLarge(bytes: number, largest: number): OutOfMemoryError {
  return new OutOfMemoryError(`a tensor of ${bytes} bytes`, `this adapter binds at most ${largest} bytes at once`);
}

/** Buffers that were freed and wait to be used again. WebGPU orders the queue, so reuse needs no fence. */
export class BufferPool {
  readonly #free = new Map<number, GPUBuffer[]>();
  /** Bytes in buffers that exist, in use or waiting. */
  allocatedBytes = 0;
  /** Bytes of the largest buffer that was asked for. */
  largestTaken = 0;
  /** Bytes of the largest buffer that the adapter can bind. */
  readonly largest: number;

  /**
   * @param largest bytes of the largest buffer to make.
   * @param attempt throws what WebGPU says against a buffer.
   */
  constructor(
    private readonly device: GpuDevice,
    largest: number,
    private readonly attempt: Attempt = (_, work) => work(),
  ) {
    this.largest = Math.floor(largest / 256) * 256;
  }

  /**
   * A buffer of at least so many bytes, with undefined contents.
   * @throws OutOfMemoryError where the adapter cannot bind one so large, or has no room for it.
   */
  take(bytes: number): GpuBuffer {
    if (bytes > this.largest) throw tooLarge(bytes, this.largest);
    this.largestTaken = Math.max(this.largestTaken, bytes);
    const size = Math.min(roundedSize(bytes), this.largest);
    const waiting = this.#free.get(size)?.pop();
    if (waiting) return waiting;
    const buffer = this.attempt(`a buffer of ${size} bytes`, () => this.device.createBuffer({ size, usage: USAGE }));
    this.allocatedBytes += size;
    return buffer;
  }

  give(buffer: GpuBuffer): void {
    const list = this.#free.get(buffer.size);
    if (list) list.push(buffer);
    else this.#free.set(buffer.size, [buffer]);
  }

  /** Destroys every waiting buffer; nothing that is yet to be submitted may use them. */
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
