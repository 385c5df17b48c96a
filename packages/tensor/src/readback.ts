import { OutOfMemoryError } from './errors.js';
import { ALIGNMENT } from './launch.js';
import type { Tensor, TensorData } from './tensor.js';

const ARRAYS = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** Copies of tensors on their way to the host, all in one buffer. */
export class Readback {
  readonly #staging: GPUBuffer;
  readonly #offsets: readonly number[];

  /**
   * @param tensors all of them alive.
   * @throws OutOfMemoryError where they do not fit one buffer of the adapter.
   */
  constructor(
    gpu: GPUDevice,
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
    this.#staging = gpu.createBuffer({ label: 'readback', size: Math.max(total, ALIGNMENT), usage: 0x1 | 0x8 });
  }

  encode(encoder: GPUCommandEncoder): void {
    this.tensors.forEach(({ storage, byteOffset, size }, i) => {
      if (size > 0) encoder.copyBufferToBuffer(storage.buffer as GPUBuffer, byteOffset, this.#staging, this.#offsets[i], size * 4);
    });
  }

  /** Resolves when the copies are on the host. */
  arrived(): Promise<undefined> {
    return this.#staging.mapAsync(0x1);
  }

  data(): TensorData[] {
    const bytes = this.#staging.getMappedRange();
    return this.tensors.map(({ dtype, size }, i) => new ARRAYS[dtype](bytes.slice(this.#offsets[i], this.#offsets[i] + size * 4)));
  }

  dispose(): void {
    this.#staging.destroy();
  }
}
