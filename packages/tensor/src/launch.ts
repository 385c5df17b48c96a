/** Single launches: what WebGPU would refuse without saying whose it is, their bind groups, their encoding. */
import type { CoxswainError } from '@coxswain/base';
import type { AdapterTraits, BufferSlot, Cost, Grid, Kernel, Shape } from '@coxswain/kernels';
import { ArgumentError, LaunchError, ShapeError } from './errors.js';
import type { LaunchTimer } from './launch-timer.js';
import type { Pipeline } from './pipelines.js';
import type { Binding, Storage } from './storage.js';
import type { DType, Tensor } from './tensor.js';
import type { GpuBindGroup, GpuBuffer, GpuCommandEncoder, GpuDevice } from './webgpu.js';

/** WebGPU's alignment of bindings. */
export const ALIGNMENT = 256;

/** One dispatch before its buffers are known. */
export interface Launch {
  readonly pipeline: Pipeline;
  readonly bindings: readonly Binding[];
  /** What it writes. */
  readonly written: readonly Storage[];
  readonly uniforms: ArrayBuffer | null;
  readonly grid: Grid;
  /** What the kernel's declaration says it costs. */
  readonly cost: Cost;
}

/** One dispatch ready to be encoded. */
export interface Bound {
  readonly pipeline: Pipeline;
  readonly group: GpuBindGroup;
  readonly grid: Grid;
  /** What each buffer slot is bound to. */
  readonly buffers: readonly GpuBuffer[];
}

/** What a launch may say of its tensors. */
export interface LaunchOptions {
  /** Buffers whose elements are moved as they are: any dtype may be bound to them. */
  readonly bits?: readonly string[];
}

/** The dtype of the tensors that a slot binds; halves lie two to a u32. */
const DTYPE_OF: Readonly<Record<BufferSlot['element'], DType>> = {
  f32: 'f32',
  u32: 'u32',
  i32: 'i32',
  'vec2<f32>': 'f32',
  'vec4<f32>': 'f32',
  'vec2<u32>': 'u32',
  'vec4<u32>': 'u32',
  'vec4<f16>': 'u32',
};

/** @throws ShapeError for a tensor of another dtype, or with fewer elements, than the kernel declares. */
export function requireFits(
  kernel: string,
  { name, element }: BufferSlot,
  tensor: Tensor,
  length: number | undefined,
  options: LaunchOptions,
): void {
  const dtype = DTYPE_OF[element];
  if (tensor.dtype !== dtype && !options.bits?.includes(name))
    throw new ShapeError(kernel, `buffer "${name}" of ${tensor.dtype} [${tensor.shape}]`, dtype);
  if (length === undefined) return;
  const has = tensor.size * (element === 'vec4<f16>' ? 2 : 1);
  if (has < length) throw new ShapeError(kernel, `buffer "${name}" of ${has} elements [${tensor.shape}]`, `at least ${length}`);
}

const RANGES = { u32: [0, 2 ** 32 - 1], i32: [-(2 ** 31), 2 ** 31 - 1] } as const;

/** @throws ArgumentError for a number that its uniform cannot hold. */
export function requireUniforms<S extends Shape>({ name, uniforms }: Kernel<S>, shape: S): void {
  for (const { name: field, type } of uniforms) {
    const value: number | undefined = shape[field];
    if (type === 'f32' ? typeof value === 'number' && !Number.isNaN(value) : isWhole(value, RANGES[type])) continue;
    throw new ArgumentError(name, `${field} ${value}`, type === 'f32' ? 'a number' : `a whole number from ${RANGES[type].join(' to ')}`);
  }
}

const isWhole = (value: number | undefined, [least, most]: readonly [number, number]): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/**
 * The kernel's grid for `shape`.
 * @throws LaunchError where it has more workgroups along an axis than the adapter can launch.
 */
export function gridOf<S extends Shape>(
  kernel: Kernel<S>,
  shape: S,
  traits: AdapterTraits,
  limits: { readonly maxComputeWorkgroupsPerDimension: number },
): Grid {
  const grid = kernel.grid(shape, traits);
  const most = limits.maxComputeWorkgroupsPerDimension;
  if (grid.every((n) => Number.isInteger(n) && n >= 0 && n <= most)) return grid;
  throw new LaunchError(
    `${kernel.name}: a grid of ${grid.join(' × ')} workgroups; an axis holds at most ${most}`,
    'use a smaller batch or a shorter sequence',
  );
}

/**
 * WebGPU forbids one buffer as both input and output of a launch, and outputs that overlap.
 * @throws LaunchError for such buffers.
 */
export function requireApart({ name, buffers }: Pick<Kernel, 'name' | 'buffers'>, bindings: readonly Binding[]): void {
  bindings.forEach((a, i) => {
    for (let j = 0; j < i; j++) {
      const b = bindings[j];
      if ((a.buffer ?? a.storage) !== (b.buffer ?? b.storage)) continue;
      const accesses = [buffers[i].access, buffers[j].access];
      if (!accesses.includes('read_write')) continue;
      if (!accesses.includes('read') && (a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset)) continue;
      throw new LaunchError(
        `${name}: buffers "${buffers[j].name}" and "${buffers[i].name}" share memory that is written`,
        'pass tensors that share no memory',
      );
    }
  });
}

/** Stands for buffer `slot` of a launch; outputs, which WebGPU lets overlap nothing, each have a place of their own. */
export const absent = (storage: Storage, slot: number): Binding => ({
  storage,
  buffer: storage.buffer,
  offset: slot * ALIGNMENT,
  bytes: ALIGNMENT,
});

/** What is refused that reads what a refused launch was to write. @param fault why that was refused. */
export function neverComputed(operation: string, value: string, { value: why }: CoxswainError): LaunchError {
  return new LaunchError(`${operation}: ${value} was never computed, for ${why}`, 'compute it anew, or write all of it');
}

/** Binds launches whose storages have buffers. Their uniforms share one buffer. */
export function bind(device: GpuDevice, launches: readonly Launch[]): { bound: Bound[]; uniforms: GpuBuffer | undefined } {
  const withUniforms = launches.filter((launch) => launch.uniforms);
  const data = new Uint8Array(withUniforms.length * ALIGNMENT);
  const uniforms = data.length ? device.createBuffer({ label: 'uniforms', size: data.length, usage: 0x40 | 0x8 }) : undefined;
  let next = 0;
  const bound = launches.map(({ pipeline, bindings, uniforms: values, grid }) => {
    const buffers = bindings.map(({ storage, buffer = storage.buffer }) => buffer as GPUBuffer);
    const entries: GPUBindGroupEntry[] = bindings.map(({ offset, bytes }, binding) => ({
      binding,
      resource: { buffer: buffers[binding], offset, size: Math.ceil(bytes / 16) * 16 },
    }));
    if (values && uniforms) {
      data.set(new Uint8Array(values), next);
      entries.push({ binding: entries.length, resource: { buffer: uniforms, offset: next, size: values.byteLength } });
      next += ALIGNMENT;
    }
    return { pipeline, group: device.createBindGroup({ label: pipeline.label, layout: pipeline.layout, entries }), grid, buffers };
  });
  if (uniforms) device.queue.writeBuffer(uniforms, 0, data);
  return { bound, uniforms };
}

/** @param timer encodes them in its own way, where there is one. */
export function encode(encoder: GpuCommandEncoder, bound: readonly Bound[], launches: readonly Launch[], timer?: LaunchTimer): void {
  if (timer) {
    timer.encode(encoder, bound, launches);
    return;
  }
  const pass = encoder.beginComputePass();
  for (const { pipeline, group, grid } of bound) {
    pass.setPipeline(pipeline.compiled());
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
  }
  pass.end();
}
