import { type Barrier, type Node, op, overwritten, reshapedGradient } from './autograd.js';
import { requireData, requireDimensions } from './checks.js';
import type { Device } from './device.js';
import { CaptureError, ShapeError } from './errors.js';
import type { Binding, Storage } from './storage.js';

export type DType = 'f32' | 'i32' | 'u32';
/** The array that holds numbers of a dtype on the host. */
export type ArrayOf<D extends DType> = { readonly f32: Float32Array; readonly i32: Int32Array; readonly u32: Uint32Array }[D];
export type TensorData = ArrayOf<DType>;
/** The dtype that an array is of. */
export type DTypeOf<A extends TensorData> = A extends Float32Array ? 'f32' : A extends Int32Array ? 'i32' : 'u32';
export type Dimensions = readonly number[];

/** The arrays of tensors, in their order. */
export type ArraysOf<T extends readonly Tensor[]> = { -readonly [K in keyof T]: T[K] extends Tensor<infer D> ? ArrayOf<D> : never };

/** The dtype that holds such data. */
export const dtypeOf = <A extends TensorData>(data: A): DTypeOf<A> =>
  (data instanceof Float32Array ? 'f32' : data instanceof Int32Array ? 'i32' : 'u32') as DTypeOf<A>;

export const sizeOf = (shape: Dimensions): number => shape.reduce((a, b) => a * b, 1);

/**
 * A row-major array of 4-byte numbers on the GPU. Its memory belongs to the scope it was made in (or to whoever kept
 * it); a view shares the memory of the tensor it was made from.
 */
export class Tensor<D extends DType = DType> {
  /** The operation that made this tensor, while gradients are recorded. */
  node: Node | undefined;
  requiresGradient = false;
  /** Where gradients through this tensor end: at an operation without one, though its input required one. */
  barrier: Barrier | undefined;
  /** Where the gradient of a leaf is accumulated; parameters have one for life. */
  gradient: Tensor<'f32'> | undefined;
  /** Shown in errors. */
  name = '';

  constructor(
    readonly device: Device,
    readonly shape: Dimensions,
    readonly dtype: D,
    readonly storage: Storage,
    /** Where the tensor starts in its storage, a multiple of 256. */
    readonly byteOffset = 0,
  ) {}

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Its name, where it has one, and shape: for errors. */
  toString(): string {
    return `${this.name}[${this.shape}]`;
  }

  get binding(): Binding {
    const { name, shape, dtype, storage, byteOffset: offset } = this;
    return { storage, buffer: storage.buffer, offset, bytes: Math.max(4, this.size * 4), tensor: { name, shape, dtype } };
  }

  /** The same elements under another shape; a view of the same memory. */
  reshape(shape: Dimensions): Tensor<D> {
    requireDimensions('reshape', shape);
    if (sizeOf(shape) !== this.size) throw new ShapeError('reshape', `shape [${shape}]`, `${this.size} elements like [${this.shape}]`);
    const view = new Tensor(this.device, shape, this.dtype, this.storage, this.byteOffset);
    const back = (gradient: Tensor | null): Tensor | null => gradient && reshapedGradient(gradient, this.shape);
    op('reshape', [this], [view], ([gradient]) => [back(gradient)], { saves: [], kind: 'view' });
    return view;
  }

  /** The same memory without a history: gradients stop here. */
  detach(): Tensor<D> {
    return new Tensor(this.device, this.shape, this.dtype, this.storage, this.byteOffset);
  }

  /** Makes this a leaf whose gradient `backward` accumulates; starts it at zero. It is freed with this tensor. */
  requireGradient(): this {
    if (this.dtype !== 'f32') throw new ShapeError('requireGradient', `a tensor of ${this.dtype}`, 'one of f32');
    this.node = undefined;
    this.barrier = undefined;
    this.requiresGradient = true;
    this.gradient = this.device.zeros(this.shape);
    return this;
  }

  /**
   * Uploads `data` over the whole tensor. Takes effect before anything launched afterwards.
   * @throws ShapeError for other numbers than it holds, CaptureError inside a capture: a program would not repeat it.
   */
  write(data: TensorData): void {
    const what = this.name ? `write ${this.name}` : 'write';
    if (this.device.capturing) throw new CaptureError(`a write to tensor ${this}`);
    requireData(what, data);
    if (data.length !== this.size) throw new ShapeError(what, `${data.length} numbers`, `${this.size} for shape [${this.shape}]`);
    if (dtypeOf(data) !== this.dtype) throw new ShapeError(what, data.constructor.name, `numbers of ${this.dtype}`);
    overwritten(what, this);
    this.device.upload(this, data);
  }

  /** Downloads the tensor: waits for all work launched before. */
  async read(): Promise<ArrayOf<D>> {
    const [data] = await this.device.read([this as Tensor]);
    return data as ArrayOf<D>;
  }

  /** Downloads a one-element tensor. */
  async item(): Promise<number> {
    const data = await this.read();
    if (data.length !== 1) throw new ShapeError('item', `shape [${this.shape}]`, 'one element');
    return data[0];
  }

  /**
   * Frees the memory now, instead of at the end of its scope; using it or a view of it afterwards is a DisposedError.
   */
  dispose(): void {
    this.device.free(this.storage);
    if (this.gradient) this.device.free(this.gradient.storage);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
