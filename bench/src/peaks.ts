/** What this adapter can do at best, measured: rows are given as fractions of it. */
import type { Device } from '@coxswain/tensor';
import { quantile } from './summary.js';

export interface Peaks {
  /** Of independent chains of multiply-and-add on vec4s, f32. */
  readonly flops: number;
  /** Of a copy, reads and writes counted. */
  readonly bytes: number;
}

const ROUNDS = 2048;
const CHAINS = 8;
const LANES = 64;
/** Two operations, four elements. */
const FLOPS_PER_STEP = 8;

/** Chains of multiply-and-add whose end is stored, so that none of it can be left out. */
const fmaSource = `
@group(0) @binding(0) var<storage, read_write> out: array<vec4<f32>>;
@compute @workgroup_size(${LANES})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let start = vec4<f32>(f32(id.x)) * 1e-9;
  let factor = vec4<f32>(0.999, 0.998, 0.997, 0.996) - start;
${Array.from({ length: CHAINS }, (_, i) => `  var x${i} = start + ${i}.5;`).join('\n')}
  for (var round = 0u; round < ${ROUNDS}u; round++) {
${Array.from({ length: CHAINS }, (_, i) => `    x${i} = x${i} * factor + start;`).join('\n')}
  }
  out[id.x] = ${Array.from({ length: CHAINS }, (_, i) => `x${i}`).join(' + ')};
}`;

/** A vec4 an invocation and round, so that a software adapter's few workgroups have enough to do. */
const copySource = `
@group(0) @binding(0) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;
@compute @workgroup_size(${LANES})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let step = groups.x * ${LANES}u;
  for (var i = id.x; i < arrayLength(&source); i += step) {
    out[i] = source[i];
  }
}`;

/** Best of several, in seconds: a peak is what the adapter reached, not what it usually does. */
async function secondsOf(gpu: GPUDevice, code: string, buffers: readonly GPUBuffer[], groups: number): Promise<number> {
  const pipeline = await gpu.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: gpu.createShaderModule({ code }), entryPoint: 'main' },
  });
  const bindGroup = gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const once = async (): Promise<number> => {
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(groups);
    pass.end();
    const from = performance.now();
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
    return (performance.now() - from) / 1000;
  };
  await once();
  const times: number[] = [];
  for (let i = 0; i < 10; i++) times.push(await once());
  return quantile(times, 0);
}

/** Measures the peaks of f32 arithmetic and of memory. */
export async function measurePeaks({ gpu, traits }: Device): Promise<Peaks> {
  const software = traits.family === 'software';
  const STORAGE = 0x80;
  const fmaGroups = software ? 16 : 8192;
  const copied = software ? 32 << 20 : 256 << 20;
  const out = gpu.createBuffer({ size: Math.max(copied, fmaGroups * LANES * 16), usage: STORAGE });
  const from = gpu.createBuffer({ size: copied, usage: STORAGE });
  try {
    const fma = await secondsOf(gpu, fmaSource, [out], fmaGroups);
    const copy = await secondsOf(gpu, copySource, [out, from], software ? 16 : 4096);
    return { flops: (fmaGroups * LANES * ROUNDS * CHAINS * FLOPS_PER_STEP) / fma, bytes: (2 * copied) / copy };
  } finally {
    out.destroy();
    from.destroy();
  }
}
