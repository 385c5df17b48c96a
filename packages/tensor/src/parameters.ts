import { HostRandom, type RandomSource } from '@coxswain/base';
import type { Device } from './device.js';
import { CheckpointError, ShapeError } from './errors.js';
import { type NamedNumbers, weightsOf } from './safetensors/convert.js';
import { Storage } from './storage.js';
import { type Dimensions, sizeOf, Tensor } from './tensor.js';

/** Fills a parameter's starting values. */
export type Initialiser = (values: Float32Array, shape: Dimensions, random: RandomSource) => void;

/** Views start at multiples of 256 bytes, WebGPU's binding alignment. */
const ALIGNMENT = 64;

interface Declared {
  readonly name: string;
  readonly tensor: Tensor<'f32'>;
  /** In elements of the flat buffer. */
  readonly offset: number;
  readonly initialise: Initialiser;
}

/**
 * The parameters of one model, side by side in one buffer with one gradient buffer of the same layout: one AdamW
 * dispatch, one norm, one copy to save. Declare them all, then `finish`.
 */
export class ParameterStore {
  readonly #declared = new Map<string, Declared>();
  readonly #values = new Storage(0);
  readonly #gradients = new Storage(0);
  #length = 0;
  #flat: Tensor<'f32'> | undefined;
  #flatGradients: Tensor<'f32'> | undefined;

  /**
   * @param trainable false makes a frozen model: no gradients are recorded through its weights, no gradient buffer is
   * made.
   */
  constructor(
    readonly device: Device,
    readonly trainable = true,
  ) {}

  /** Declares a parameter; its tensor can be used once the store is finished. */
  declare(name: string, shape: Dimensions, initialise: Initialiser): Tensor<'f32'> {
    if (this.#flat) throw new ShapeError('declare', `parameter "${name}" after finish()`, 'all declarations before it');
    if (this.#declared.has(name)) throw new ShapeError('declare', `parameter "${name}" twice`, 'unique names');
    const tensor = new Tensor(this.device, shape, 'f32', this.#values, this.#length * 4);
    tensor.name = name;
    if (this.trainable) {
      tensor.requiresGradient = true;
      tensor.gradient = new Tensor(this.device, shape, 'f32', this.#gradients, this.#length * 4);
    }
    this.#declared.set(name, { name, tensor, offset: this.#length, initialise });
    this.#length += Math.ceil(sizeOf(shape) / ALIGNMENT) * ALIGNMENT;
    return tensor;
  }

  /**
   * Allocates the buffers and draws the starting values, in order of declaration.
   * @param random a seed, or where the numbers come from.
   * @throws CoxswainError `bad-seed` for a seed that is no integer from 0 to 2⁵³ − 1.
   */
  finish(random: number | RandomSource): void {
    if (this.#flat) throw new ShapeError('finish', 'a store that is finished', 'one call');
    const source = typeof random === 'number' ? new HostRandom(random) : random;
    const host = new Float32Array(this.#length);
    for (const { tensor, offset, initialise } of this.#declared.values())
      initialise(host.subarray(offset, offset + tensor.size), tensor.shape, source);
    this.#flat = this.#adopt(this.#values);
    this.device.upload(this.#flat, host);
    if (!this.trainable) return;
    this.#flatGradients = this.#adopt(this.#gradients);
    this.zeroGradients();
  }

  /** Lets the storage that all views share take the memory of a fresh allocation. */
  #adopt(shared: Storage): Tensor<'f32'> {
    const made = this.device.own(this.#length * 4);
    shared.buffer = made.buffer;
    shared.changes = made.changes;
    return new Tensor(this.device, [this.#length], 'f32', made);
  }

  /** All values, padding included. */
  get flat(): Tensor<'f32'> {
    if (!this.#flat) throw new ShapeError('ParameterStore', 'parameters used before finish()', 'finish() first');
    return this.#flat;
  }

  /** All gradients, in the layout of `flat`. */
  get gradients(): Tensor<'f32'> {
    if (!this.#flatGradients)
      throw new ShapeError('ParameterStore', 'gradients of a frozen or unfinished store', 'a trainable, finished store');
    return this.#flatGradients;
  }

  get names(): string[] {
    return [...this.#declared.keys()];
  }

  /** Numbers in all parameters together, without padding. */
  get count(): number {
    return [...this.#declared.values()].reduce((sum, { tensor }) => sum + tensor.size, 0);
  }

  get(name: string): Tensor<'f32'> {
    const declared = this.#declared.get(name);
    if (!declared) throw new ShapeError('ParameterStore', `parameter "${name}"`, `one of ${this.names.join(', ')}`);
    return declared.tensor;
  }

  /** Sets all gradients to zero; part of every training step. */
  zeroGradients(): void {
    this.device.zero(this.gradients);
  }

  /** Splits a host copy of a flat buffer (values, or an optimiser's moments) into named tensors. */
  unpack(flat: Float32Array): Map<string, { shape: Dimensions; data: Float32Array }> {
    return new Map(
      [...this.#declared.values()].map(({ name, tensor, offset }) => [
        name,
        { shape: tensor.shape, data: flat.slice(offset, offset + tensor.size) },
      ]),
    );
  }

  /**
   * The numbers of named tensors, parameter by parameter; those of a file may be F32, F64, F16 or BF16.
   * @param names the parameters that are wanted. When absent all are, and no tensor may be something else.
   * @throws CheckpointError for a tensor that is missing, unknown, of another shape, or of integers.
   */
  fit(named: ReadonlyMap<string, NamedNumbers>, what = 'checkpoint', names?: readonly string[]): Map<string, Float32Array> {
    const remedy = 'Load it into a model of the configuration it was saved from';
    if (!names)
      for (const name of named.keys())
        if (!this.#declared.has(name)) throw new CheckpointError(what, `unknown tensor "${name}"`, `only ${this.names.join(', ')}`, remedy);
    const fitted = new Map<string, Float32Array>();
    for (const name of names ?? this.names) {
      const [{ shape, size }, given] = [this.get(name), named.get(name)];
      if (!given) throw new CheckpointError(what, `no tensor "${name}"`, `shape [${shape}]`, remedy);
      if (given.shape.length !== shape.length || given.shape.some((n, i) => n !== shape[i]))
        throw new CheckpointError(what, `tensor "${name}" of shape [${given.shape}]`, `[${shape}]`, remedy);
      if (given.data.length !== size)
        throw new CheckpointError(what, `${given.data.length} numbers in tensor "${name}"`, `${size}`, remedy);
      fitted.set(name, weightsOf(given, `tensor "${name}"`, what));
    }
    return fitted;
  }

  /** The flat host buffer for named tensors. @throws CheckpointError like `fit`. */
  pack(named: ReadonlyMap<string, NamedNumbers>, what?: string): Float32Array {
    return this.#flattened(this.fit(named, what));
  }

  #flattened(fitted: ReadonlyMap<string, Float32Array>): Float32Array {
    const flat = new Float32Array(this.#length);
    for (const { name, offset } of this.#declared.values()) flat.set(fitted.get(name) ?? [], offset);
    return flat;
  }

  /** Replaces the values of these parameters by what `fit` gave; others keep theirs. */
  assign(fitted: ReadonlyMap<string, Float32Array>): void {
    if (fitted.size === this.#declared.size) this.flat.write(this.#flattened(fitted));
    else for (const [name, values] of fitted) this.get(name).write(values);
  }

  /** Replaces all values. @throws CheckpointError like `fit`. */
  load(named: ReadonlyMap<string, NamedNumbers>, what?: string): void {
    this.assign(this.fit(named, what));
  }

  /** Downloads all values by name. */
  async save(): Promise<Map<string, { shape: Dimensions; data: Float32Array }>> {
    return this.unpack(await this.flat.read());
  }

  dispose(): void {
    for (const [flat, shared] of [
      [this.#flat, this.#values],
      [this.#flatGradients, this.#gradients],
    ] as const) {
      flat?.dispose();
      shared.end();
    }
  }
}
