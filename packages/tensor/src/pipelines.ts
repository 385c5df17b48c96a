/** Compiled kernels, each set of constants once. */
import { type AdapterTraits, bindGroupLayout, type Kernel, type Shape, specialise } from '@coxswain/kernels';
import { type CoxswainError, LaunchError } from './errors.js';

/** A pipeline with its explicit layout; compiled when it is first needed. */
export interface Pipeline {
  readonly label: string;
  readonly layout: GPUBindGroupLayout;
  /** The compiled pipeline; compiles it now if it is not. */
  readonly compiled: () => GPUComputePipeline;
  /** Compiles it beside others, without holding up the caller. */
  readonly compile: () => Promise<void>;
}

export class Pipelines {
  readonly #known = new Map<string, Pipeline>();

  /** @param fail called with what WebGPU says of a kernel it cannot compile. */
  constructor(
    private readonly gpu: GPUDevice,
    private readonly traits: AdapterTraits,
    private readonly fail: (error: CoxswainError) => void,
  ) {}

  /** How many there are. */
  get count(): number {
    return this.#known.size;
  }

  /**
   * The pipeline for `kernel` with the constants of `shape`.
   * @throws LaunchError where it binds more buffers than the adapter can.
   */
  get<S extends Shape>(kernel: Kernel<S>, shape: S): Pipeline {
    const code = specialise(kernel, shape, this.traits);
    const key = `${kernel.name}\n${code}`;
    const known = this.#known.get(key);
    if (known) return known;
    const { maxStorageBuffersPerShaderStage: most } = this.gpu.limits;
    if (kernel.buffers.length > most)
      throw new LaunchError(
        `${kernel.name} binds ${kernel.buffers.length} buffers; this adapter binds at most ${most}`,
        'use another adapter',
      );
    const made = this.#make(kernel, code);
    this.#known.set(key, made);
    return made;
  }

  #make(kernel: Pick<Kernel, 'name' | 'buffers' | 'uniforms'>, code: string): Pipeline {
    const { gpu } = this;
    const label = kernel.name;
    const layout = gpu.createBindGroupLayout({ label, entries: bindGroupLayout(kernel) });
    const descriptor: GPUComputePipelineDescriptor = {
      label,
      layout: gpu.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module: gpu.createShaderModule({ label, code }), entryPoint: 'main' },
    };
    let compiled: GPUComputePipeline | undefined;
    let compiling: Promise<void> | undefined;
    const start = async (): Promise<void> => {
      try {
        const pipeline = await gpu.createComputePipelineAsync(descriptor);
        compiled ??= pipeline;
      } catch (error) {
        this.fail(new LaunchError(`${label}: ${error instanceof Error ? error.message : String(error)}`));
      }
    };
    return {
      label,
      layout,
      compiled: () => (compiled ??= gpu.createComputePipeline(descriptor)),
      compile: async () => {
        if (compiled) return;
        compiling ??= start();
        await compiling;
      },
    };
  }
}
