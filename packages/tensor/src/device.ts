import { type AdapterTraits, copyAxisRange, copyStrided, fill, type Kernel, packUniforms, type Shape } from '@coxswain/kernels';
import { Arena } from './arena.js';
import { noGradient, overwritten, requireUnrecorded } from './autograd.js';
import { Program, requireSynchronous } from './capture.js';
import { requireData, requireDimensions, requireKnown } from './checks.js';
import { CaptureError, DeviceLostError, DisposedError, LaunchError, ShapeError } from './errors.js';
import { Failure } from './failure.js';
import {
  ALIGNMENT,
  absent,
  gridOf,
  type Launch,
  type LaunchOptions,
  neverComputed,
  requireApart,
  requireFits,
  requireUniforms,
} from './launch.js';
import type { LaunchTimer } from './launch-timer.js';
import { Memory } from './memory.js';
import { Pipelines } from './pipelines.js';
import { BufferPool } from './pool.js';
import { Readback, Staging } from './readback.js';
import type { Scope } from './scope.js';
import { type Binding, Storage } from './storage.js';
import { Submissions } from './submissions.js';
import { type ArraysOf, type Dimensions, type DType, type DTypeOf, dtypeOf, sizeOf, Tensor, type TensorData } from './tensor.js';
import type { GpuDevice } from './webgpu.js';

/** Eager launches wait to be submitted together, up to this many. */
const EAGER_BATCH = 256;

/** What the device has done so far; tests count with it. */
export interface Counters {
  submits: number;
  readbacks: number;
  dispatches: number;
  pipelines: number;
  /** Bytes that the host gave. */
  uploaded: number;
}

interface Recording {
  readonly launches: Launch[];
  /** Planned storages: temporaries of the capture. */
  readonly planned: Set<Storage>;
  /** Storages the program will own: constants, and at the end outputs. */
  readonly owned: Storage[];
}

/** A WebGPU device with its memory, its compiled pipelines and its queue. */
export class Device {
  readonly counters: Counters = { submits: 0, readbacks: 0, dispatches: 0, pipelines: 0, uploaded: 0 };
  /** Seconds that reads and `finish` were waited for; those at once count each. */
  waited = 0;
  readonly pool: BufferPool;
  /** Stands for an optional buffer that is absent from a launch. */
  readonly dummy: Tensor;
  /** Told of the launches of every submit, in order. */
  onLaunches: ((launches: readonly Launch[]) => void) | undefined;
  /** Times every launch by itself while it is set. */
  timer: LaunchTimer | undefined;
  readonly #pipelines: Pipelines;
  readonly #memory: Memory;
  readonly #arena: Arena;
  readonly #absent: { readonly read: Storage; readonly write: Storage };
  readonly #failure: Failure;
  readonly #submissions: Submissions;
  readonly #staging: Staging;
  #pending: Launch[] = [];
  #recording: Recording | undefined;
  #closed = false;

  /**
   * @param gpu the WebGPU device; this object owns it from now on.
   * @param traits what the kernels should know of the adapter.
   * @param description the adapter in words, for reports.
   * @param onClose called when the device is closed (the owner of the GPU object lets go of it there).
   * @param wait how to wait for the GPU, where plainly awaiting it is not the best way.
   * @param dawn toggles and options that its instance of Dawn was made with, as `COXSWAIN_DAWN` takes them.
   */
  constructor(
    readonly gpu: GpuDevice,
    readonly traits: AdapterTraits,
    readonly description: string,
    private readonly onClose: () => void = () => {},
    wait: <T>(pending: Promise<T>) => Promise<T> = (pending) => pending,
    readonly dawn: readonly string[] = [],
  ) {
    this.#failure = new Failure(gpu, wait);
    this.#staging = new Staging(gpu);
    const { attempt } = this.#failure;
    this.pool = new BufferPool(gpu, Math.min(gpu.limits.maxBufferSize, gpu.limits.maxStorageBufferBindingSize), attempt);
    this.#memory = new Memory(this.pool);
    this.#arena = new Arena(this.pool);
    this.#pipelines = new Pipelines(gpu, traits, attempt);
    this.#absent = {
      read: new Storage(ALIGNMENT, this.pool.take(ALIGNMENT)),
      write: new Storage(16 * ALIGNMENT, this.pool.take(16 * ALIGNMENT)),
    };
    this.#submissions = new Submissions(this, this.#failure, this.#absent.write);
    this.dummy = new Tensor(this, [1], 'f32', this.#absent.read);
  }

  /** Tensors that are alive. Zero when everything was freed. */
  get live(): number {
    return this.#memory.live;
  }

  /** Frees, at its end, every tensor made since; see `Scope`. */
  scope(): Scope {
    return this.#memory.scope();
  }

  /** A tensor with undefined contents. */
  empty(shape: Dimensions): Tensor<'f32'>;
  empty<D extends DType>(shape: Dimensions, dtype: D): Tensor<D>;
  empty(shape: Dimensions, dtype: DType = 'f32'): Tensor {
    requireDimensions('empty', shape);
    requireKnown('empty', dtype);
    return new Tensor(this, shape, dtype, this.allocate(sizeOf(shape) * 4));
  }

  /** A tensor of zeros. */
  zeros(shape: Dimensions): Tensor<'f32'>;
  zeros<D extends DType>(shape: Dimensions, dtype: D): Tensor<D>;
  zeros(shape: Dimensions, dtype: DType = 'f32'): Tensor {
    const tensor = this.empty(shape, dtype);
    this.zero(tensor);
    return tensor;
  }

  /** Sets every element to zero. */
  zero(tensor: Tensor): void {
    if (tensor.size === 0) return;
    overwritten('zero', tensor);
    this.dispatch(fill, { count: tensor.size, value: 0 }, { out: tensor }, { bits: ['out'] });
  }

  /** A tensor holding `data`. Inside a capture it becomes a constant of the program. */
  tensor<A extends TensorData>(data: A, shape: Dimensions = [data?.length]): Tensor<DTypeOf<A>> {
    requireData('tensor', data);
    requireDimensions('tensor', shape);
    if (sizeOf(shape) !== data.length) throw new ShapeError('tensor', `${data.length} numbers`, `${sizeOf(shape)} for shape [${shape}]`);
    const tensor = new Tensor(this, shape, dtypeOf(data), this.allocate(data.byteLength, true));
    this.#put(tensor, data);
    return tensor;
  }

  /**
   * Copies the elements of `from` over those of `to`. No gradient: `backward` through `to` is refused where `from`
   * requires one.
   */
  copy(from: Tensor, to: Tensor): void {
    if (from.size !== to.size) throw new ShapeError('copy', `shape [${from.shape}]`, `${to.size} elements`);
    if (from.dtype !== to.dtype) throw new ShapeError('copy', `a tensor of ${from.dtype} into one of ${to.dtype}`, 'two of one dtype');
    overwritten('copy', to);
    const length = from.size;
    const whole = copyAxisRange({ outer: 1, inner: 1, length, xAxis: length, xFrom: 0, outAxis: length, outFrom: 0 });
    this.dispatch(copyStrided, whole, { x: from, out: to }, { bits: ['x', 'out'] });
    noGradient('copy', { from }, [to]);
  }

  /** Whether a capture is being recorded. */
  get capturing(): boolean {
    return this.#recording !== undefined;
  }

  /** Memory for a tensor: real, or planned while a capture records. */
  allocate(bytes: number, real = false): Storage {
    if (this.#recording && !real) {
      const storage = new Storage(bytes);
      this.#recording.planned.add(storage);
      return storage;
    }
    this.throwIfFailed();
    if (!this.#recording) return this.#memory.scoped(bytes);
    const constant = this.#memory.own(bytes);
    this.#recording.owned.push(constant);
    return constant;
  }

  /** Memory that no scope frees: its owner must. */
  own(bytes: number): Storage {
    this.throwIfFailed();
    return this.#memory.own(bytes);
  }

  /**
   * Gives a storage's memory back; launches that wait still find it as it was, since the queue keeps their order.
   * Freeing twice, or freeing a temporary of a capture, does nothing.
   */
  free(storage: Storage): void {
    this.#memory.free(storage);
  }

  /** Destroys the buffers that wait to be used again. */
  trim(): void {
    this.flush();
    this.pool.trim();
  }

  /**
   * Uploads `data`; everything launched before sees the old contents.
   * @throws CaptureError inside a capture, whose runs would not repeat it; LaunchError for a tensor of another device.
   */
  upload(tensor: Tensor, data: TensorData): void {
    if (this.#recording) throw new CaptureError(`a write to tensor ${tensor}`);
    this.#put(tensor, data);
  }

  #put(tensor: Tensor, data: TensorData): void {
    this.#requireOwn('write', tensor);
    this.flush();
    const { storage, byteOffset } = tensor;
    const { buffer } = storage;
    if (!buffer) throw new DisposedError('write', `tensor ${tensor}`);
    this.#failure.attempt('write', () =>
      this.gpu.queue.writeBuffer(buffer, byteOffset, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
    );
    storage.changes.count++;
    storage.unwritten = undefined;
    this.counters.uploaded += data.byteLength;
    if (storage.fault && data.byteLength >= storage.bytes) storage.fault = undefined;
  }

  /** @throws LaunchError for a tensor of another device. */
  #requireOwn(operation: string, tensor: Tensor): void {
    if (tensor.device === this) return;
    throw new LaunchError(
      `${operation}: tensor ${tensor} is another device's`,
      'use it on its own device, or read it there and write it here',
    );
  }

  /**
   * Launches `kernel` for `shape` with a tensor for each of its buffers by name. Outside a capture it joins the
   * launches waiting for the next submit; inside, it is recorded, and compiled at the latest by the program's first
   * run. A launch that would write nothing is left out. What it writes has no gradient until `op` states one.
   * @throws LaunchError where the kernel does not compile, or its declaration does not fit its text or the tensors:
   * this launch is then left out, and everything else goes on; ShapeError for a tensor of another dtype or length than
   * the kernel declares, ArgumentError for a number that a uniform cannot hold, GradientError for an output that a
   * recorded operation made.
   */
  dispatch<S extends Shape>(kernel: Kernel<S>, shape: S, tensors: Readonly<Record<string, Tensor>>, options: LaunchOptions = {}): void {
    const lengths = kernel.lengths?.(shape, this.traits) ?? {};
    const bindings = kernel.buffers.map((slot, i): Binding => {
      const { name, access } = slot;
      const tensor = tensors[name];
      if (!tensor) throw new LaunchError(`${kernel.name}: no tensor for buffer "${name}"`);
      if (tensor === this.dummy) return access === 'read' ? absent(this.#absent.read, 0) : absent(this.#absent.write, i);
      this.#requireOwn(kernel.name, tensor);
      const { binding } = tensor;
      if (!binding.buffer && !this.#recording?.planned.has(binding.storage))
        throw new DisposedError(kernel.name, `tensor ${tensor} for buffer "${name}"`);
      const { fault } = binding.storage;
      if (fault) throw neverComputed(kernel.name, `tensor ${tensor} for buffer "${name}"`, fault);
      if (binding.storage.unwritten && !this.#recording) throw binding.storage.unwritten;
      requireFits(kernel.name, slot, tensor, lengths[name], options);
      return binding;
    });
    requireApart(kernel, bindings);
    requireUniforms(kernel, shape);
    const outputs = kernel.buffers.filter(({ access }) => access === 'read_write').map(({ name }) => tensors[name]);
    const written = outputs.filter((tensor) => tensor !== this.dummy);
    for (const tensor of written) requireUnrecorded(kernel.name, tensor);
    if (written.length > 0 && written.every(({ size }) => size === 0)) return;
    const grid = gridOf(kernel, shape, this.traits, this.gpu.limits);
    const [pipeline, uniforms, cost] = [this.#pipelines.get(kernel, shape), packUniforms(kernel, shape), kernel.cost(shape)];
    const launch = { pipeline, bindings, written: written.map(({ storage }) => storage), uniforms, grid, cost };
    this.counters.pipelines = this.#pipelines.count;
    for (const { changes } of launch.written) changes.count++;
    noGradient(kernel.name, tensors, written);
    if (this.#recording) {
      this.#recording.launches.push(launch);
      return;
    }
    if (!pipeline.proven) this.#submissions.prove(launch);
    this.#pending.push(launch);
    if (this.#pending.length >= EAGER_BATCH) this.flush();
  }

  /** Submits the eager launches that wait. */
  flush(): void {
    if (this.#recording) return;
    this.throwIfFailed();
    if (this.#pending.length > 0) this.#submit([]);
  }

  /**
   * Records `body` without running it. Tensors it makes are planned into memory shared with all other programs; the
   * tensors it returns keep memory of their own. Shapes and host-side decisions are frozen; what varies from run to run
   * must lie in tensors made outside and written before `run`. Where `body` throws, what it made is freed.
   */
  capture<Outputs extends Record<string, Tensor>>(body: () => Outputs): Program<Outputs> {
    if (this.#recording) throw new CaptureError('a capture');
    this.flush();
    const recording: Recording = { launches: [], planned: new Set(), owned: [] };
    const { launches, planned, owned } = recording;
    let release = (): void => {};
    this.#recording = recording;
    try {
      const outputs = body();
      requireSynchronous(outputs);
      for (const { storage } of Object.values(outputs)) {
        if (!planned.delete(storage)) continue;
        this.#memory.fill(storage);
        owned.push(storage);
      }
      release = this.#arena.place(launches, planned);
      return this.#failure.attempt('capture', () => new Program(this, launches, outputs, { storages: owned, planned, release }));
    } catch (error) {
      for (const storage of owned) this.free(storage);
      release();
      throw error;
    } finally {
      this.#recording = undefined;
      for (const storage of planned) storage.end();
    }
  }

  /**
   * Runs captured programs in order, in one submit (with any eager launches that wait, first).
   * @throws LaunchError for a kernel that does not compile, or whatever else WebGPU refuses, CaptureError inside a
   * capture, and what `Program.requireAlive` throws. None of the programs has run then.
   */
  run(programs: readonly Program[]): void {
    this.#submit(programs);
  }

  /** Downloads tensors in one go, after running `programs`; all of it in one submit. The only way back to the host. */
  async read<const T extends readonly Tensor[]>(tensors: T, programs: readonly Program[] = []): Promise<ArraysOf<T>> {
    for (const tensor of tensors) {
      this.#requireOwn('read', tensor);
      const { buffer, fault } = tensor.storage;
      if (!buffer) throw new DisposedError('read', `tensor ${tensor}`);
      if (fault) throw neverComputed('read', `tensor ${tensor}`, fault);
    }
    const readback = this.#submit(programs, tensors) as Readback;
    this.counters.readbacks++;
    try {
      await this.#wait(readback.arrived());
      return readback.data() as ArraysOf<T>;
    } finally {
      readback.dispose();
    }
  }

  /**
   * Compiles the kernels of programs that are not compiled yet, side by side.
   * @throws LaunchError for the first that does not compile, when all have been tried.
   */
  async compile(programs: readonly Program[]): Promise<void> {
    for (const program of programs) program.requireAlive(this);
    const pipelines = new Set(programs.flatMap(({ launches }) => launches.map(({ pipeline }) => pipeline)));
    const tried = Promise.allSettled([...pipelines].map((pipeline) => pipeline.compile()));
    const compiled = tried.then((outcomes) => {
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    });
    await this.#failure.settled(compiled);
  }

  /** Throws what WebGPU reported since the device was made, if anything. */
  throwIfFailed(): void {
    this.#failure.throwIfAny();
  }

  /** Waits for all submitted work and reports its errors. */
  async finish(): Promise<void> {
    this.flush();
    await this.#wait(this.gpu.queue.onSubmittedWorkDone());
  }

  async #wait(work: Promise<unknown>): Promise<void> {
    const began = performance.now();
    try {
      await this.#failure.settled(work);
    } finally {
      this.waited += (performance.now() - began) / 1000;
    }
  }

  /** Ends the device. Nothing made on it can be used afterwards. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#failure.report(new DeviceLostError('it was closed', 'use it before it is closed, or request another'));
    this.gpu.destroy();
    this.onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Submits the eager launches that wait, then `programs`, then copies of `tensors` for the host. */
  #submit(programs: readonly Program[], tensors?: readonly Tensor[]): Readback | undefined {
    if (this.#recording) throw new CaptureError('a run or a read');
    this.throwIfFailed();
    for (const program of programs) program.requireAlive(this);
    for (const program of programs) program.requireReady();
    const readback = tensors && this.#failure.attempt('read', () => new Readback(this.gpu, this.#staging, tensors));
    const pending = this.#pending;
    this.#pending = [];
    try {
      this.#submissions.send(pending, programs, readback);
    } catch (error) {
      readback?.dispose();
      throw this.#submissions.oneByOne(pending) ?? error;
    }
    this.#submissions.count(pending, programs);
    return readback;
  }
}
