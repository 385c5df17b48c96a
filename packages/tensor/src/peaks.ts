/** What this adapter can do at best, measured: rows are given as fractions of it. */
import type { Device } from './device.js';

export interface Peaks {
  /** Of independent chains of multiply-and-add on vec4s, f32. */
  readonly flops: number;
  /** The same in f16, where the adapter has it. */
  readonly flopsF16?: number;
  /** Of a copy, reads and writes counted. */
  readonly bytes: number;
}

const ROUNDS = 2048;
/** Few chains wait for each other, many do not fit the registers: the best of these is what the adapter can do. */
const CHAINS = [1, 2, 4, 8];
const LANES = 64;
/** Two operations, four elements. */
const FLOPS_PER_STEP = 8;

type Real = 'f32' | 'f16';

/** Chains of multiply-and-add whose end is stored, so that none of it can be left out. */
function fmaSource(real: Real, chains: number): string {
  const each = (line: (i: number) => string): string => Array.from({ length: chains }, (_, i) => line(i)).join('\n');
  return `
${real === 'f16' ? 'enable f16;' : ''}
alias Value = vec4<${real}>;
@group(0) @binding(0) var<storage, read_write> out: array<Value>;
@compute @workgroup_size(${LANES})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let start = Value(${real}(id.x % 64u)) * 1e-4;
  let factor = Value(0.999, 0.998, 0.997, 0.996) - start;
${each((i) => `  var x${i} = start + ${i}.5;`)}
  for (var round = 0u; round < ${ROUNDS}u; round++) {
${each((i) => `    x${i} = x${i} * factor + start;`)}
  }
  out[id.x] = ${Array.from({ length: chains }, (_, i) => `x${i}`).join(' + ')};
}`;
}

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

/** Workgroups from few, which keep a software adapter busy, to enough for any GPU. */
const GROUPS = { least: 16, most: 8192 };
/** A run that lasts so long can be timed, in seconds. */
const LONG_ENOUGH = 0.005;

/** A kernel that can be run on so many workgroups; resolves to how long that took, in seconds. */
async function timed(gpu: GPUDevice, code: string, buffers: readonly GPUBuffer[]): Promise<(groups: number) => Promise<number>> {
  const pipeline = await gpu.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: gpu.createShaderModule({ code }), entryPoint: 'main' },
  });
  const bindGroup = gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return async (groups) => {
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
}

/** Best of several: a peak is what the adapter reached, not what it usually does. */
async function best(once: () => Promise<number>): Promise<number> {
  await once();
  const times: number[] = [];
  for (let i = 0; i < 10; i++) times.push(await once());
  return Math.min(...times);
}

/** Measures the peaks of arithmetic and of memory. */
export async function measurePeaks({ gpu, traits }: Device): Promise<Peaks> {
  const software = traits.family === 'software';
  const STORAGE = 0x80;
  const copied = software ? 32 << 20 : Math.min(256 << 20, gpu.limits.maxStorageBufferBindingSize);
  const out = gpu.createBuffer({ size: Math.max(copied, GROUPS.most * LANES * 16), usage: STORAGE });
  const from = gpu.createBuffer({ size: copied, usage: STORAGE });
  const arithmetic = async (real: Real): Promise<number> => {
    const rates: number[] = [];
    for (const chains of CHAINS) {
      const run = await timed(gpu, fmaSource(real, chains), [out]);
      let groups = GROUPS.least;
      await run(groups);
      while (groups < GROUPS.most && (await run(groups)) < LONG_ENOUGH) groups *= 2;
      const seconds = await best(() => run(groups));
      rates.push((groups * LANES * ROUNDS * chains * FLOPS_PER_STEP) / seconds);
    }
    return Math.max(...rates);
  };
  try {
    const copying = await timed(gpu, copySource, [out, from]);
    const copy = await best(() => copying(software ? 16 : 4096));
    return {
      flops: await arithmetic('f32'),
      ...(traits.f16 ? { flopsF16: await arithmetic('f16') } : {}),
      bytes: (2 * copied) / copy,
    };
  } finally {
    out.destroy();
    from.destroy();
  }
}
