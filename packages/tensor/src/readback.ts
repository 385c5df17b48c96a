import { OutOfMemoryError } from './errors.js';
import { ALIGNMENT } from './launch.js';
import type { Tensor, TensorData } from './tensor.js';
import type { GpuBuffer, GpuCommandEncoder, GpuDevice } from './webgpu.js';

const ARRAYS = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** Larger buffers are not kept: there the copy is what a read costs. */
const MOST_KEPT = 1 << 20;

/** The buffer that a read went through, for the next one: to make one costs more than to read little through it. */
export class Staging {
  #kept: GPUBuffer | undefined;

  constructor(private readonly gpu: GpuDevice) {}

  /** A buffer of at least so many bytes, for the host to read, that nobody else has. */
  take(bytes: number): GpuBuffer {
    const kept = this.#kept;
    if (kept && kept.size >= bytes) {
      this.#kept = undefined;
      return kept;
    }
    return this.gpu.createBuffer({ label: 'readback', size: Math.max(bytes, ALIGNMENT), usage: 0x1 | 0x8 });
  }

  /** Takes back one that is mapped. */
  give(buffer: GpuBuffer): void {
    const kept = this.#kept;
    if (buffer.size > MOST_KEPT || (kept && kept.size >= buffer.size)) {
      buffer.destroy();
      return;
    }
    kept?.destroy();
    buffer.unmap();
    this.#kept = buffer;
  }
}

/** Copies of tensors on their way to the host, all in one buffer. */
export class Readback {
  readonly #buffer: GPUBuffer;
  readonly #offsets: readonly number[];
  #mapped = false;

  /**
   * @param tensors all of them alive.
   * @throws OutOfMemoryError where they do not fit one buffer of the adapter.
   */
  constructor(
    gpu: GpuDevice,
    private readonly staging: Staging,
    private readonly tensors: readonly Tensor[],
  ) {
    const offsets: number[] = [];
    let total = 0;
    for (const { size } of tensors) {
      offsets.push(total);
      total += Math.ceil((size * 4) / ALIGNMENT) * ALIGNMENT;
    }
    this.#offsets = offsets;
    const most = gpu.limits.maxBufferSize;
    if (total > most)
      throw new OutOfMemoryError(`a read of ${total} bytes`, `this adapter copies at most ${most} at once`, 'read fewer tensors at once');
    this.#buffer = staging.take(total);
  }

  encode(encoder: GpuCommandEncoder): void {
    this.tensors.forEach(({ storage, byteOffset, size }, i) => {
      if (size > 0) encoder.copyBufferToBuffer(storage.buffer as GPUBuffer, byteOffset, this.#buffer, this.#offsets[i], size * 4);
    });
  }

  /** Resolves when the copies are on the host. */
  async arrived(): Promise<void> {
    await this.#buffer.mapAsync(0x1);
    this.#mapped = true;
  }

  data(): TensorData[] {
    const bytes = this.#buffer.getMappedRange();
    return this.tensors.map(({ dtype, size }, i) => new ARRAYS[dtype](bytes.slice(this.#offsets[i], this.#offsets[i] + size * 4)));
  }

  /** One that did not arrive is not used again: its copy may still be under way. */
  dispose(): void {
    if (this.#mapped) this.staging.give(this.#buffer);
    else this.#buffer.destroy();
  }
}
