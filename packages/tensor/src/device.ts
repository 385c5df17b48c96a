import { type AdapterTraits, bindGroupLayout, copyAxisRange, copyStrided, fill, type Kernel, packUniforms, type Shape, specialise } from '@coxswain/kernels';
import { bind, encode, type Launch, type Pipeline, planSlots, Program } from './capture.js';
import { CoxswainError, DeviceLostError, LaunchError, OutOfMemoryError, ShapeError } from './errors.js';
import { BufferPool } from './pool.js';
import { Scope } from './scope.js';
import { type Binding, Storage } from './storage.js';
import { type Dimensions, type DType, sizeOf, Tensor, type TensorData } from './tensor.js';

const ARRAYS = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;
/** Eager launches wait to be submitted together, up to this many. */
const EAGER_BATCH = 256;
const ALIGNMENT = 256;

/** What the device has done so far; tests count with it. */
export interface Counters {
  submits: number;
  readbacks: number;
  dispatches: number;
  pipelines: number;
}

interface Recording {
  readonly launches: Launch[];
  /** Planned storages: temporaries of the capture. */
  readonly planned: Set<Storage>;
  /** Real storages made during the capture (uploaded constants). */
  readonly constants: Storage[];
}

/** A WebGPU device with its memory, its compiled pipelines and its queue. */
export class Device {
  readonly counters: Counters = { submits: 0, readbacks: 0, dispatches: 0, pipelines: 0 };
  readonly pool: BufferPool;
  /** Stands for an optional buffer that is absent from a launch. */
  readonly dummy: Tensor;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #live = new Set<Storage>();
  readonly #scopes: Scope[] = [];
  /** Slots that all captured programs share for their temporaries: programs run one after another. */
  readonly #arena: Storage[] = [];
  readonly #absent: { readonly read: Storage; readonly write: Storage };
  #pending: Launch[] = [];
  #recording: Recording | undefined;
  #failure: CoxswainError | undefined;
  #closed = false;

  /**
   * @param gpu the WebGPU device; this object owns it from now on.
   * @param traits what the kernels should know of the adapter.
   * @param description the adapter in words, for reports.
   * @param onClose called when the device is closed (the owner of the GPU object lets go of it there).
   * @param wait how to wait for the GPU, where plainly awaiting it is not the best way.
   */
  constructor(
    readonly gpu: GPUDevice,
    readonly traits: AdapterTraits,
    readonly description: string,
    private readonly onClose: () => void = () => {},
    private readonly wait: <T>(pending: Promise<T>) => Promise<T> = (pending) => pending,
  ) {
    this.pool = new BufferPool(gpu, Math.min(gpu.limits.maxBufferSize, gpu.limits.maxStorageBufferBindingSize));
    this.#absent = { read: new Storage(8 * ALIGNMENT, this.pool.take(8 * ALIGNMENT)), write: new Storage(16 * ALIGNMENT, this.pool.take(16 * ALIGNMENT)) };
    this.dummy = new Tensor(this, [1], 'f32', this.#absent.read);
    gpu.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      const { error } = event;
      this.#failure ??= error.constructor.name === 'GPUOutOfMemoryError' ? new OutOfMemoryError(error.message, 'the adapter refused') : new LaunchError(error.message);
    });
    void gpu.lost.then(({ reason, message }) => {
      if (!this.#closed) this.#failure ??= new DeviceLostError(`${reason}: ${message}`);
    });
  }

  /** Tensors that are alive. Zero when everything was freed. */
  get live(): number {
    return this.#live.size;
  }

  /** Frees, at its end, every tensor made since; see `Scope`. */
  scope(): Scope {
    const scope = new Scope((ended) => {
      const at = this.#scopes.indexOf(ended);
      if (at < 0) return;
      this.#scopes.splice(at, 1);
      for (const storage of ended.storages) {
        if (ended.kept.has(storage)) this.#scopes.at(-1)?.storages.add(storage);
        else this.free(storage);
      }
    });
    this.#scopes.push(scope);
    return scope;
  }

  /** A tensor with undefined contents. */
  empty(shape: Dimensions, dtype: DType = 'f32'): Tensor {
    for (const n of shape) if (!Number.isInteger(n) || n < 0) throw new ShapeError('empty', `shape [${shape}]`, 'non-negative integers');
    return new Tensor(this, shape, dtype, this.allocate(sizeOf(shape) * 4));
  }

  /** A tensor of zeros. */
  zeros(shape: Dimensions, dtype: DType = 'f32'): Tensor {
    const tensor = this.empty(shape, dtype);
    this.zero(tensor);
    return tensor;
  }

  /** Sets every element to zero. */
  zero(tensor: Tensor): void {
    if (tensor.size > 0) this.dispatch(fill, { count: tensor.size, value: 0 }, { out: tensor });
  }

  /** A tensor holding `data`. Inside a capture it becomes a constant of the program. */
  tensor(data: TensorData, shape: Dimensions = [data.length]): Tensor {
    if (sizeOf(shape) !== data.length) throw new ShapeError('tensor', `${data.length} numbers`, `${sizeOf(shape)} for shape [${shape}]`);
    const dtype = data instanceof Float32Array ? 'f32' : data instanceof Int32Array ? 'i32' : 'u32';
    const storage = this.allocate(data.byteLength, true);
    const tensor = new Tensor(this, shape, dtype, storage);
    this.upload(tensor, data);
    return tensor;
  }

  /** Copies the elements of `from` over those of `to`. */
  copy(from: Tensor, to: Tensor): void {
    if (from.size !== to.size) throw new ShapeError('copy', `shape [${from.shape}]`, `${to.size} elements`);
    const length = from.size;
    this.dispatch(copyStrided, copyAxisRange({ outer: 1, inner: 1, length, xAxis: length, xFrom: 0, outAxis: length, outFrom: 0 }), { x: from, out: to });
  }

  /** Memory for a tensor: real, or planned while a capture records. */
  allocate(bytes: number, real = false): Storage {
    if (this.#recording && !real) {
      const storage = new Storage(bytes);
      this.#recording.planned.add(storage);
      return storage;
    }
    const storage = new Storage(bytes, this.pool.take(bytes));
    this.#live.add(storage);
    if (this.#recording) this.#recording.constants.push(storage);
    else this.#scopes.at(-1)?.storages.add(storage);
    return storage;
  }

  /** Memory that no scope frees: its owner must. */
  own(bytes: number): Storage {
    const storage = new Storage(bytes, this.pool.take(bytes));
    this.#live.add(storage);
    return storage;
  }

  /** Gives a storage's memory back. Freeing twice, or freeing a temporary of a capture, does nothing. */
  free(storage: Storage): void {
    if (!this.#live.delete(storage) || !storage.buffer) return;
    if (this.#pending.length) this.flush();
    this.pool.give(storage.buffer);
    storage.buffer = undefined;
    storage.freed = true;
  }

  /** Uploads `data`; everything launched before sees the old contents. */
  upload(tensor: Tensor, data: TensorData): void {
    this.flush();
    const { buffer } = tensor.storage;
    if (!buffer) throw new ShapeError('write', 'a tensor without memory (a temporary of a capture, or freed)', 'a tensor that is alive');
    this.gpu.queue.writeBuffer(buffer, tensor.byteOffset, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }

  /**
   * Launches `kernel` for `shape` with a tensor for each of its buffers by name. Outside a capture it joins the
   * launches waiting for the next submit; inside, it is recorded.
   */
  dispatch<S extends Shape>(kernel: Kernel<S>, shape: S, tensors: Readonly<Record<string, Tensor>>): void {
    const bindings: Binding[] = kernel.buffers.map((slot, i) => {
      const tensor = tensors[slot.name];
      if (!tensor) throw new LaunchError(`${kernel.name}: no tensor for buffer "${slot.name}"`);
      if (tensor === this.dummy) return { storage: slot.access === 'read' ? this.#absent.read : this.#absent.write, offset: slot.access === 'read' ? 0 : i * ALIGNMENT, bytes: ALIGNMENT };
      if (tensor.storage.freed) throw new LaunchError(`${kernel.name}: the tensor for buffer "${slot.name}" was freed`);
      return tensor.binding;
    });
    const launch = { pipeline: this.#pipeline(kernel, shape), bindings, uniforms: packUniforms(kernel, shape), grid: kernel.grid(shape, this.traits) };
    if (this.#recording) {
      this.#recording.launches.push(launch);
      return;
    }
    this.#pending.push(launch);
    if (this.#pending.length >= EAGER_BATCH) this.flush();
  }

  /** Submits the eager launches that wait. */
  flush(): void {
    if (this.#pending.length === 0 || this.#recording) return;
    const encoder = this.gpu.createCommandEncoder();
    const uniforms = this.#encodePending(encoder);
    this.#submit(encoder);
    uniforms?.destroy();
  }

  /**
   * Records `body` without running it. Tensors it makes are planned into memory shared with all other programs; the
   * tensors it returns keep memory of their own. Shapes and host-side decisions are frozen; what varies from run to run
   * must lie in tensors made outside and written before `run`.
   */
  capture<Outputs extends Record<string, Tensor>>(body: () => Outputs): Program<Outputs> {
    if (this.#recording) throw new LaunchError('a capture inside a capture');
    this.flush();
    const recording: Recording = { launches: [], planned: new Set(), constants: [] };
    this.#recording = recording;
    let outputs: Outputs;
    try {
      outputs = body();
    } catch (error) {
      this.#recording = undefined;
      for (const storage of recording.constants) this.free(storage);
      throw error;
    }
    this.#recording = undefined;
    const owned = [...recording.constants];
    const own = (storage: Storage): void => {
      storage.buffer = this.pool.take(storage.bytes);
      this.#live.add(storage);
      owned.push(storage);
    };
    for (const { storage } of Object.values(outputs)) if (recording.planned.delete(storage)) own(storage);
    this.#place(recording);
    return new Program(this, recording.launches, outputs, owned);
  }

  /** Gives the temporaries of a capture their slots in the shared arena. */
  #place({ launches, planned }: Recording): void {
    const spans = new Map<Storage, { bytes: number; first: number; last: number }>();
    launches.forEach(({ bindings }, i) => {
      for (const { storage } of bindings) {
        if (!planned.has(storage)) continue;
        const span = spans.get(storage);
        if (span) span.last = i;
        else spans.set(storage, { bytes: storage.bytes, first: i, last: i });
      }
    });
    const storages = [...spans.keys()];
    const { slot, sizes } = planSlots(storages.map((storage) => spans.get(storage) as { bytes: number; first: number; last: number }));
    sizes.forEach((bytes, i) => {
      // An arena slot that is too small stays alive for the programs that use it; later programs get the larger one.
      if (!this.#arena[i] || this.#arena[i].bytes < bytes) this.#arena[i] = new Storage(bytes, this.pool.take(bytes));
    });
    storages.forEach((storage, i) => {
      storage.buffer = this.#arena[slot[i]].buffer;
    });
  }

  /** Runs captured programs in order, in one submit (with any eager launches that wait, first). */
  run(programs: readonly Program[]): void {
    const encoder = this.gpu.createCommandEncoder();
    const uniforms = this.#encodePending(encoder);
    for (const program of programs) {
      program.encode(encoder);
      this.counters.dispatches += program.length;
    }
    this.#submit(encoder);
    uniforms?.destroy();
  }

  /** Downloads tensors in one go, after running `programs`; all of it in one submit. The only way back to the host. */
  async read(tensors: readonly Tensor[], programs: readonly Program[] = []): Promise<TensorData[]> {
    const encoder = this.gpu.createCommandEncoder();
    const uniforms = this.#encodePending(encoder);
    for (const program of programs) {
      program.encode(encoder);
      this.counters.dispatches += program.length;
    }
    const offsets: number[] = [];
    let total = 0;
    for (const { size } of tensors) {
      offsets.push(total);
      total += Math.ceil((size * 4) / ALIGNMENT) * ALIGNMENT;
    }
    const staging = this.gpu.createBuffer({ size: Math.max(total, ALIGNMENT), usage: 0x1 | 0x8 });
    tensors.forEach((tensor, i) => {
      const { buffer } = tensor.storage;
      if (!buffer) throw new LaunchError(`read: tensor ${tensor.name || `[${tensor.shape}]`} was freed`);
      if (tensor.size) encoder.copyBufferToBuffer(buffer, tensor.byteOffset, staging, offsets[i], tensor.size * 4);
    });
    this.#submit(encoder);
    this.counters.readbacks++;
    uniforms?.destroy();
    try {
      await this.wait(staging.mapAsync(0x1));
    } catch (error) {
      this.throwIfFailed();
      throw new LaunchError(String(error));
    }
    this.throwIfFailed();
    const bytes = staging.getMappedRange();
    const data = tensors.map((tensor, i) => new ARRAYS[tensor.dtype](bytes.slice(offsets[i], offsets[i] + tensor.size * 4)));
    staging.destroy();
    return data;
  }

  /** Throws what WebGPU reported since the device was made, if anything. */
  throwIfFailed(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Waits for all submitted work and reports its errors. */
  async finish(): Promise<void> {
    this.flush();
    await this.wait(this.gpu.queue.onSubmittedWorkDone());
    this.throwIfFailed();
  }

  /** Ends the device. Nothing made on it can be used afterwards. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.gpu.destroy();
    this.onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #encodePending(encoder: GPUCommandEncoder): GPUBuffer | undefined {
    const launches = this.#pending;
    if (launches.length === 0) return undefined;
    this.#pending = [];
    const { bound, uniforms } = bind(this.gpu, launches);
    encode(encoder, bound);
    this.counters.dispatches += launches.length;
    return uniforms;
  }

  #submit(encoder: GPUCommandEncoder): void {
    this.throwIfFailed();
    this.gpu.queue.submit([encoder.finish()]);
    this.counters.submits++;
  }

  #pipeline<S extends Shape>(kernel: Kernel<S>, shape: S): Pipeline {
    const code = specialise(kernel, shape, this.traits);
    const key = `${kernel.name}\n${code}`;
    const known = this.#pipelines.get(key);
    if (known) return known;
    this.counters.pipelines++;
    const module = this.gpu.createShaderModule({ label: kernel.name, code });
    const layout = this.gpu.createBindGroupLayout({ label: kernel.name, entries: bindGroupLayout(kernel) });
    const descriptor: GPUComputePipelineDescriptor = {
      label: kernel.name,
      layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    };
    let compiled: GPUComputePipeline | undefined;
    const ready = this.gpu.createComputePipelineAsync(descriptor).then(
      (pipeline) => {
        compiled ??= pipeline;
      },
      (error: unknown) => {
        this.#failure ??= new LaunchError(`${kernel.name}: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
    const made: Pipeline = { label: kernel.name, layout, ready, pipeline: () => (compiled ??= this.gpu.createComputePipeline(descriptor)) };
    this.#pipelines.set(key, made);
    return made;
  }
}
