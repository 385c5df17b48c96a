/** Compiled kernels, each set of constants once. */
import type { CoxswainError } from '@coxswain/base';
import { type Access, type AdapterTraits, type BufferSlot, bindGroupLayout, type Kernel, type Shape, specialise } from '@coxswain/kernels';
import { LaunchError } from './errors.js';
import type { Attempt } from './failure.js';
import type { GpuBindGroupLayout, GpuComputePipeline, GpuDevice } from './webgpu.js';

/** A pipeline with its explicit layout; compiled when it is first needed. */
export interface Pipeline {
  readonly label: string;
  readonly layout: GpuBindGroupLayout;
  /** How it touches each of its buffers. */
  readonly accesses: readonly Access[];
  /** What its kernel declares of each of them. */
  readonly slots: readonly BufferSlot[];
  /** WebGPU has accepted a launch of it. */
  proven: boolean;
  /** The compiled pipeline; compiles it now if it is not. @throws LaunchError with what the compiler says. */
  readonly compiled: () => GpuComputePipeline;
  /** Compiles it beside others, without holding up the caller. @throws LaunchError with what the compiler says. */
  readonly compile: () => Promise<void>;
}

const REMEDY = 'correct the kernel: lines are those of its text after its constants were put before it';

export class Pipelines {
  readonly #known = new Map<string, Pipeline>();
  /** Kernels that do not compile, and why: they are not tried again. */
  readonly #refused = new Map<string, CoxswainError>();

  /** @param attempt throws what WebGPU says of a kernel that it cannot compile. */
  constructor(
    private readonly gpu: GpuDevice,
    private readonly traits: AdapterTraits,
    private readonly attempt: Attempt,
  ) {}

  /** How many there are. */
  get count(): number {
    return this.#known.size;
  }

  /**
   * The pipeline for `kernel` with the constants of `shape`.
   * @throws LaunchError where it binds more buffers than the adapter can, or its text is known not to compile.
   */
  get<S extends Shape>(kernel: Kernel<S>, shape: S): Pipeline {
    const code = specialise(kernel, shape, this.traits);
    const key = `${kernel.name}\n${code}`;
    const known = this.#known.get(key);
    if (known) return known;
    const refused = this.#refused.get(key);
    if (refused) throw refused;
    const { maxStorageBuffersPerShaderStage: most } = this.gpu.limits;
    if (kernel.buffers.length > most)
      throw new LaunchError(
        `${kernel.name} binds ${kernel.buffers.length} buffers; this adapter binds at most ${most}`,
        'use another adapter',
      );
    const refuse = (why: string): CoxswainError => {
      const reason = new LaunchError(why, REMEDY);
      this.#known.delete(key);
      this.#refused.set(key, reason);
      return reason;
    };
    const made = this.#make(kernel, code, refuse);
    this.#known.set(key, made);
    return made;
  }

  /** @param refuse notes why it does not compile, and returns the error for it. */
  #make(kernel: Pick<Kernel, 'name' | 'buffers' | 'uniforms'>, code: string, refuse: (why: string) => CoxswainError): Pipeline {
    const { gpu } = this;
    const label = kernel.name;
    const what = `${label} does not compile`;
    const attempt = <T>(work: () => T): T => {
      try {
        return this.attempt(what, work);
      } catch (error) {
        throw error instanceof LaunchError ? refuse(error.value ?? what) : error;
      }
    };
    const layout = attempt(() => gpu.createBindGroupLayout({ label, entries: bindGroupLayout(kernel) }));
    const descriptor = attempt(
      (): GPUComputePipelineDescriptor => ({
        label,
        layout: gpu.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
        compute: { module: gpu.createShaderModule({ label, code }), entryPoint: 'main' },
      }),
    );
    let compiled: GPUComputePipeline | undefined;
    let compiling: Promise<void> | undefined;
    let refused: CoxswainError | undefined;
    const create = (): GPUComputePipeline => {
      if (refused) throw refused;
      try {
        compiled = attempt(() => gpu.createComputePipeline(descriptor));
        return compiled;
      } catch (error) {
        if (error instanceof LaunchError) refused = error;
        throw error;
      }
    };
    const start = async (): Promise<void> => {
      try {
        const pipeline = await gpu.createComputePipelineAsync(descriptor);
        compiled ??= pipeline;
      } catch (error) {
        refused ??= refuse(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    return {
      label,
      layout,
      accesses: kernel.buffers.map(({ access }) => access),
      slots: kernel.buffers,
      proven: false,
      compiled: () => compiled ?? create(),
      compile: async () => {
        if (compiled) return;
        compiling ??= start();
        await compiling;
        if (refused) throw refused;
      },
    };
  }
}
