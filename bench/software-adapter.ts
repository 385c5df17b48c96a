/**
 * What single operations cost one subgroup of a software adapter: `node scripts/run.mjs bench/software-adapter.ts`.
 *
 * Each row is a loop in a kernel of one subgroup per workgroup. Printed is processor time of the process's threads per
 * iteration, less that of the first row (which is absolute), and the processor time of compiling and of the
 * first launch. Linux only. Numbers move by a factor of two when the other hardware thread of a core is busy.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { requestDevice } from '@coxswain/tensor/node';

const ITERATIONS = 2000;
const WORKGROUPS = 64;

const bodies: [name: string, body: string][] = [
  ['loop of one vec4 addition', 's0 += x;'],
  [
    'vec4 multiply and add (independent, ×8)',
    's0 = s0 * x + y; s1 = s1 * x + y; s2 = s2 * x + y; s3 = s3 * x + y; s0 = s0 * x + y; s1 = s1 * x + y; s2 = s2 * x + y; s3 = s3 * x + y;',
  ],
  [
    'vec4 fma() (independent, ×8)',
    's0 = fma(s0, x, y); s1 = fma(s1, x, y); s2 = fma(s2, x, y); s3 = fma(s3, x, y); s0 = fma(s0, x, y); s1 = fma(s1, x, y); s2 = fma(s2, x, y); s3 = fma(s3, x, y);',
  ],
  ['load f32, one address for all lanes', 's0 += f[i];'],
  ['load f32, neighbouring lanes', 's0 += f[i + lane];'],
  ['load vec4, one address for all lanes', 's0 += a[i];'],
  ['load vec4, neighbouring lanes', 's0 += a[i + lane];'],
  ['load vec4, constant address', 's0 += a[5];'],
  ['store f32 of a vec4 buffer', 'c[i + lane].x = s1.x;'],
  ['store vec4', 'c[i + lane] = s1;'],
  ['private array of vec4, variable index, read', 's0 += r[i & 15u];'],
  ['private array of vec4, variable index, written', 'r[i & 15u] = s1;'],
  ['subgroupShuffle of a vec4', 's0 = subgroupShuffle(s1, i & 7u) + s0;'],
  ['subgroupBroadcast of a vec4', 's0 = subgroupBroadcast(s1, 3u) + s0;'],
  ['subgroupAdd of an f32', 's0.x += subgroupAdd(s1.x);'],
  ['exp of a vec4', 's0 = exp(s0 * x);'],
  ['tanh of a vec4', 's0 = tanh(s0 * x);'],
  ['sqrt of a vec4', 's0 = sqrt(s0 * x + y);'],
  ['f32 division of a vec4', 's0 = x / (s0 + y);'],
  ['u32 division of a vec4', 'q = (q + i) / d;'],
];

function workerTime(): number {
  let total = 0;
  for (const thread of readdirSync('/proc/self/task')) {
    if (Number(thread) === process.pid) continue;
    total += Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  }
  return total;
}

const device = await requestDevice();
const { gpu } = device;
const lanes = device.traits.subgroups?.max ?? 8;
const size = 1 << 18;
const made = [0x80, 0x80, 0x80].map((usage) => gpu.createBuffer({ size, usage }));
const parameters = gpu.createBuffer({ size: 16, usage: 0x40 | 0x8 });
gpu.queue.writeBuffer(parameters, 0, new Uint32Array([ITERATIONS, 3, 0, 0]));
const bindGroupLayouts = [
  gpu.createBindGroupLayout({
    entries: (['read-only-storage', 'read-only-storage', 'storage', 'uniform'] as const).map((type, binding) => ({
      binding,
      visibility: 4,
      buffer: { type },
    })),
  }),
];
const layout = gpu.createPipelineLayout({ bindGroupLayouts });
const group = gpu.createBindGroup({
  layout: bindGroupLayouts[0],
  entries: [...made, parameters].map((buffer, binding) => ({ binding, resource: { buffer } })),
});

console.log(`${device.description}\n${'ns an iteration'.padStart(65)}${'compilation ms'.padStart(18)}`);
let empty = 0;
for (const [name, body] of bodies) {
  const code = `enable subgroups;
    struct Parameters { count: u32, three: u32 }
    @group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
    @group(0) @binding(1) var<storage, read> f: array<f32>;
    @group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
    @group(0) @binding(3) var<uniform> parameters: Parameters;
    @compute @workgroup_size(${lanes}) fn main(@builtin(subgroup_invocation_id) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
      let count = parameters.count;
      let x = vec4(f32(lane) * 0.01);
      let y = vec4(0.5) + x;
      let d = vec4(parameters.three + lane);
      var s0 = x; var s1 = x + 1.0; var s2 = x + 2.0; var s3 = x + 3.0;
      var q = vec4(lane);
      var r: array<vec4<f32>, 16>;
      for (var i = 0u; i < count; i++) { ${body} }
      c[group.x * ${lanes}u + lane] = s0 + s1 + s2 + s3 + vec4<f32>(q) + r[parameters.three];
    } // ${Math.random()}: no cache of compiled kernels has it`;
  const pipeline = gpu.createComputePipeline({ layout, compute: { module: gpu.createShaderModule({ code }), entryPoint: 'main' } });
  const run = async () => {
    const start = workerTime();
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(WORKGROUPS);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
    return workerTime() - start;
  };
  const first = await run();
  const times = [];
  for (let i = 0; i < 5; i++) times.push(await run());
  const each = (Math.min(...times) * 1e6) / (WORKGROUPS * ITERATIONS);
  if (name === bodies[0][0]) empty = each;
  console.log(name.padEnd(50) + (each === empty ? each : each - empty).toFixed(1).padStart(15) + first.toFixed(0).padStart(18));
}
device.close();
