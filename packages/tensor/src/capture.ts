/** Recorded launches: planned once, replayed at the cost of encoding them. */
import type { Grid } from '@coxswain/kernels';
import type { Device } from './device.js';
import type { Binding, Storage } from './storage.js';
import type { Tensor } from './tensor.js';

/** A compiled pipeline with its explicit layout. */
export interface Pipeline {
  readonly label: string;
  readonly layout: GPUBindGroupLayout;
  readonly pipeline: () => GPUComputePipeline;
  readonly ready: Promise<void>;
}

/** One dispatch before its buffers are known. */
export interface Launch {
  readonly pipeline: Pipeline;
  readonly bindings: readonly Binding[];
  readonly uniforms: ArrayBuffer | null;
  readonly grid: Grid;
}

/** One dispatch ready to be encoded. */
interface Bound {
  readonly pipeline: Pipeline;
  readonly group: GPUBindGroup;
  readonly grid: Grid;
}

const UNIFORM_ALIGNMENT = 256;

/** Binds launches whose storages have buffers. Their uniforms share one buffer. */
export function bind(device: GPUDevice, launches: readonly Launch[]): { bound: Bound[]; uniforms: GPUBuffer | undefined } {
  const withUniforms = launches.filter((launch) => launch.uniforms);
  const data = new Uint8Array(withUniforms.length * UNIFORM_ALIGNMENT);
  const uniforms = data.length ? device.createBuffer({ size: data.length, usage: 0x40 | 0x8 }) : undefined;
  let next = 0;
  const bound = launches.map((launch) => {
    const entries: GPUBindGroupEntry[] = launch.bindings.map(({ storage, offset, bytes }, binding) => ({
      binding,
      resource: { buffer: bufferOf(storage, launch.pipeline.label), offset, size: Math.ceil(bytes / 16) * 16 },
    }));
    if (launch.uniforms && uniforms) {
      data.set(new Uint8Array(launch.uniforms), next);
      entries.push({ binding: entries.length, resource: { buffer: uniforms, offset: next, size: launch.uniforms.byteLength } });
      next += UNIFORM_ALIGNMENT;
    }
    const group = device.createBindGroup({ label: launch.pipeline.label, layout: launch.pipeline.layout, entries });
    return { pipeline: launch.pipeline, group, grid: launch.grid };
  });
  if (uniforms) device.queue.writeBuffer(uniforms, 0, data);
  return { bound, uniforms };
}

function bufferOf(storage: Storage, label: string): GPUBuffer {
  if (!storage.buffer) throw new Error(`${label}: a tensor was used after it was freed`);
  return storage.buffer;
}

export function encode(encoder: GPUCommandEncoder, bound: readonly Bound[]): void {
  const pass = encoder.beginComputePass();
  for (const { pipeline, group, grid } of bound) {
    pass.setPipeline(pipeline.pipeline());
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
  }
  pass.end();
}

/** Assigns planned storages to slots so that storages alive at the same time never share one; largest first. */
export function planSlots(lifetimes: readonly { bytes: number; first: number; last: number }[]): { slot: number[]; sizes: number[] } {
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b].bytes - lifetimes[a].bytes || a - b);
  const slots: { bytes: number; taken: { first: number; last: number }[] }[] = [];
  const slot = new Array<number>(lifetimes.length);
  for (const i of order) {
    const { bytes, first, last } = lifetimes[i];
    let found = slots.findIndex(({ taken }) => taken.every((other) => last < other.first || first > other.last));
    if (found < 0) found = slots.push({ bytes, taken: [] }) - 1;
    slots[found].taken.push({ first, last });
    slot[i] = found;
  }
  return { slot, sizes: slots.map(({ bytes }) => bytes) };
}

/** A captured step. Replaying it needs no allocation, no bind groups and no JavaScript of the model. */
export class Program<Outputs extends Record<string, Tensor> = Record<string, Tensor>> {
  readonly #bound: Bound[];
  readonly #uniforms: GPUBuffer | undefined;
  #disposed = false;

  constructor(
    private readonly device: Device,
    readonly launches: readonly Launch[],
    /** Tensors that hold their values from one run to the next. */
    readonly outputs: Outputs,
    private readonly owned: readonly Storage[],
  ) {
    ({ bound: this.#bound, uniforms: this.#uniforms } = bind(device.gpu, launches));
  }

  /** Dispatches per run. */
  get length(): number {
    return this.launches.length;
  }

  /** Resolves when every pipeline is compiled. Optional: a run compiles what is missing. */
  async ready(): Promise<void> {
    await Promise.all(this.launches.map((launch) => launch.pipeline.ready));
  }

  /** Runs the captured launches once, in one submit. */
  run(): void {
    this.device.run([this]);
  }

  encode(encoder: GPUCommandEncoder): void {
    if (this.#disposed) throw new Error('this program was disposed');
    encode(encoder, this.#bound);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const storage of this.owned) this.device.free(storage);
    this.#uniforms?.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
