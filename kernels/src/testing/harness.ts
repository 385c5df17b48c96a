/** Test-only: launches one kernel on a real device, with its outputs poisoned by NaN first. */
import { create, globals } from 'webgpu';
import { type AdapterTraits, halfMatrix, type Kernel, type MatrixConfiguration, type Shape } from '../declaration.js';
import { bindGroupLayout, packUniforms, specialise } from '../launch.js';

export type Data = Float32Array | Uint32Array | Int32Array;

/** An output of so many f32, filled with NaN before the launch. */
export interface Poison {
  readonly poison: number;
}
export const poison = (length: number): Poison => ({ poison: length });

type Info = GPUAdapterInfo & {
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
  readonly subgroupMatrixConfigs?: Iterable<MatrixConfiguration>;
};
const FEATURES = ['subgroups', 'shader-f16', 'chromium-experimental-subgroup-matrix'] as GPUFeatureName[];

/** Matrix units are an experimental feature of Dawn; COXSWAIN_DAWN adds toggles, or takes them away as `no-TOGGLE`. */
function dawnFlags(): string[] {
  const words = (process.env.COXSWAIN_DAWN ?? '').split(',').filter(Boolean);
  const off = words.filter((word) => word.startsWith('no-')).map((word) => word.slice('no-'.length));
  const on = ['allow_unsafe_apis', ...words.filter((word) => !word.startsWith('no-'))];
  return [`enable-dawn-features=${on.join(',')}`, ...(off.length ? [`disable-dawn-features=${off.join(',')}`] : [])];
}

let shared: Promise<{ device: GPUDevice; traits: AdapterTraits }> | undefined;
// The GPU object has to outlive the device, or Dawn may crash when it is collected.
let gpu: GPU | undefined;

export function testDevice(): Promise<{ device: GPUDevice; traits: AdapterTraits }> {
  shared ??= (async () => {
    Object.assign(globalThis, globals);
    gpu = create(dawnFlags());
    const adapter = await gpu.requestAdapter();
    if (!adapter) throw new Error('no WebGPU adapter: run `npm run setup` once');
    const { maxStorageBufferBindingSize, maxBufferSize, maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize } = adapter.limits;
    const subgroups = adapter.features.has('subgroups');
    const f16 = adapter.features.has('shader-f16');
    const device = await adapter.requestDevice({
      requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: { maxStorageBufferBindingSize, maxBufferSize, maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize },
    });
    device.addEventListener('uncapturederror', (event) => {
      console.error(event.error.message);
    });
    const software = /llvmpipe|swiftshader|basic render/i.test(`${adapter.info.description} ${adapter.info.device}`);
    const { subgroupMinSize: min, subgroupMaxSize: max, subgroupMatrixConfigs } = adapter.info as Info;
    const subgroupMatrix = halfMatrix(subgroupMatrixConfigs);
    const traits = {
      family: software ? 'software' : 'gpu',
      f16,
      ...(subgroups && min && max ? { subgroups: { min, max } } : {}),
      ...(subgroupMatrix ? { subgroupMatrix } : {}),
    } as const;
    return { device, traits };
  })();
  return shared;
}

/**
 * Runs `kernel` once. `buffers` gives every slot by name: data to upload (read_write slots given as data start from it)
 * or `poison(n)`. Returns what the read_write slots hold afterwards.
 */
export async function runKernel<S extends Shape>(
  kernel: Kernel<S>,
  shape: S,
  buffers: Record<string, Data | Poison>,
  as?: Partial<AdapterTraits>,
): Promise<Record<string, Float32Array>> {
  const { device, traits } = await testDevice();
  const adapter = { ...traits, ...as };
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: kernel.name, code: specialise(kernel, shape, adapter) });
  const layout = device.createBindGroupLayout({ entries: bindGroupLayout(kernel) });
  const pipeline = device.createComputePipeline({
    label: kernel.name,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: 'main' },
  });
  const unknown = Object.keys(buffers).filter((name) => !kernel.buffers.some((slot) => slot.name === name));
  if (unknown.length) throw new Error(`${kernel.name} has no buffer ${unknown.join(', ')}`);
  const lengths = kernel.lengths?.(shape, adapter) ?? {};
  const made = kernel.buffers.map((slot) => {
    const given = buffers[slot.name];
    if (!given) throw new Error(`${kernel.name}: buffer ${slot.name} not given`);
    const data = 'poison' in given ? new Float32Array(given.poison).fill(Number.NaN) : given;
    const numbers = slot.element.includes('f16') ? 2 * data.length : data.length;
    if (numbers < (lengths[slot.name] ?? 0))
      throw new Error(`${kernel.name}: buffer ${slot.name} holds ${numbers} numbers, its declaration wants ${lengths[slot.name]}`);
    const buffer = device.createBuffer({ size: Math.max(16, Math.ceil(data.byteLength / 16) * 16), usage: 0x80 | 0x4 | 0x8 });
    device.queue.writeBuffer(buffer, 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    return { slot, buffer, data };
  });
  const entries: GPUBindGroupEntry[] = made.map(({ buffer }, binding) => ({ binding, resource: { buffer } }));
  const packed = packUniforms(kernel, shape);
  if (packed) {
    const uniform = device.createBuffer({ size: packed.byteLength, usage: 0x40 | 0x8 });
    device.queue.writeBuffer(uniform, 0, packed);
    entries.push({ binding: entries.length, resource: { buffer: uniform } });
  }
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(...kernel.grid(shape, adapter));
  pass.end();
  const reads = made
    .filter(({ slot }) => slot.access === 'read_write')
    .map(({ slot, buffer, data }) => {
      const staging = device.createBuffer({ size: buffer.size, usage: 0x1 | 0x8 });
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
      return { slot, staging, data };
    });
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error) throw new Error(`${kernel.name}: ${error.message}`);
  const out: Record<string, Float32Array> = {};
  for (const { slot, staging, data } of reads) {
    await staging.mapAsync(0x1);
    out[slot.name] = new Float32Array(staging.getMappedRange().slice(0, data.byteLength));
    staging.destroy();
  }
  for (const { buffer } of made) buffer.destroy();
  return out;
}

/** ‖out − ref‖ / ‖ref‖; NaN anywhere gives NaN, which no tolerance admits. */
export function relativeError(out: ArrayLike<number>, ref: ArrayLike<number>): number {
  if (out.length !== ref.length) throw new Error(`lengths differ: ${out.length} and ${ref.length}`);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < ref.length; i++) {
    difference += (out[i] - ref[i]) ** 2;
    norm += ref[i] ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-30);
}

/** Deterministic normal numbers for tests (mulberry32 and Box–Muller), as f32. */
export function randomNormal(length: number, seed: number, scale = 1): Float32Array {
  const uniform = randomUniform(length * 2, seed);
  return Float32Array.from(
    { length },
    (_, i) => scale * Math.sqrt(-2 * Math.log(1 - uniform[2 * i])) * Math.cos(2 * Math.PI * uniform[2 * i + 1]),
  );
}

/** Deterministic uniform numbers in [0, 1) for tests (mulberry32). */
export function randomUniform(length: number, seed: number): Float64Array {
  let state = (seed * 2654435761) >>> 0;
  return Float64Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  });
}
