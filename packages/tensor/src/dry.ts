/**
 * A device that computes nothing: to count what a program would launch and hold on to, at any size, where there is no
 * GPU.
 */
import type { AdapterTraits } from '@coxswain/kernels';
import { Device } from './device.js';

/** More than anything asks for. */
const BYTES = 2 ** 50;

const LIMITS: Partial<GPUSupportedLimits> = {
  maxBufferSize: BYTES,
  maxStorageBufferBindingSize: BYTES,
  maxStorageBuffersPerShaderStage: 64,
  maxComputeWorkgroupsPerDimension: 65535,
};

const never = new Promise<never>(() => {});
const nothing = (): void => {};

/** A buffer without memory, but for what is mapped: that is zeros. */
function buffer({ size }: GPUBufferDescriptor): Partial<GPUBuffer> {
  return {
    size,
    mapAsync: async () => undefined,
    getMappedRange: () => new ArrayBuffer(size),
    unmap: nothing,
    destroy: nothing,
  } as Partial<GPUBuffer>;
}

function encoder() {
  const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
  return { beginComputePass: () => pass, copyBufferToBuffer: nothing, finish: () => ({}) };
}

/**
 * A device for adapters of these traits on which programs are recorded, planned, bound and submitted as on a real one,
 * and nothing runs: whatever is read back is zeros. `onLaunches` and `pool.allocatedBytes` tell what would have run and
 * been held. Grids are checked against the limits that every adapter has; buffers may be of any size.
 */
export function dryDevice(traits: AdapterTraits): Device {
  const queue = { submit: nothing, writeBuffer: nothing, onSubmittedWorkDone: async () => undefined };
  const made = () => ({});
  const gpu = {
    limits: LIMITS,
    features: new Set<string>(),
    lost: never,
    queue,
    addEventListener: nothing,
    destroy: nothing,
    createBuffer: buffer,
    createBindGroupLayout: made,
    createPipelineLayout: made,
    createShaderModule: made,
    createComputePipeline: made,
    createComputePipelineAsync: async () => ({}),
    createBindGroup: made,
    createCommandEncoder: encoder,
  };
  return new Device(gpu as unknown as GPUDevice, traits, 'nothing: a device that only counts');
}
