/** WebGPU's interfaces as the compiler knows them, and `unknown`, never `any`, where it knows none. */

/** From the DOM library (TypeScript 6 and later) or `@webgpu/types`. */
type WebGpu<Name extends string> = typeof globalThis extends { [name in Name]: { prototype: infer Interface } } ? Interface : unknown;

export type GpuDevice = WebGpu<'GPUDevice'>;
export type GpuBuffer = WebGpu<'GPUBuffer'>;
export type GpuBindGroup = WebGpu<'GPUBindGroup'>;
export type GpuBindGroupLayout = WebGpu<'GPUBindGroupLayout'>;
export type GpuCommandEncoder = WebGpu<'GPUCommandEncoder'>;
export type GpuComputePipeline = WebGpu<'GPUComputePipeline'>;
export type Gpu = WebGpu<'GPU'>;
export type GpuAdapter = WebGpu<'GPUAdapter'>;
export type GpuAdapterInfo = WebGpu<'GPUAdapterInfo'>;
