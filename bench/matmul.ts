/**
 * Throughput of the matrix products that training is made of: `node scripts/run.mjs bench/matmul.ts [substring of a
 * row's name]`.
 *
 * Threads of a software driver share the machine with everything else, so besides the wall clock (best of several) this
 * prints what the same work would give with every core free: processor time of the process's threads, spread over the
 * cores. Compare rows of one run, not of two. The first column of times is the first launch, which compiles.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type Kernel, type MatmulShape, matmul, matmulKernel, matmulOuter, matmulSubgroups, PLAIN_PRODUCT } from '@coxswain/kernels';
import { requestDevice } from '@coxswain/tensor/node';

const forward = (m: number, k: number, n: number): MatmulShape => ({ ...PLAIN_PRODUCT, m, n, k, transposeB: 1 });
const inputGradient = (m: number, k: number, n: number): MatmulShape => ({ ...PLAIN_PRODUCT, m, n: k, k: n });
const weightGradient = (m: number, k: number, n: number): MatmulShape => ({
  ...PLAIN_PRODUCT,
  m: n,
  n: k,
  k: m,
  transposeA: 1,
  accumulate: 1,
});

const tokens = 3000;
const layers: [inputs: number, outputs: number][] = [
  [64, 192],
  [64, 64],
  [64, 256],
  [256, 64],
  [64, 528],
  [64, 16],
  [64, 4],
];
const rows: [name: string, shape: MatmulShape][] = [
  ...layers.flatMap(([inputs, outputs]): [string, MatmulShape][] => [
    [`forward  ${tokens}×${inputs} · ${outputs}`, forward(tokens, inputs, outputs)],
    [`dx       ${tokens}×${inputs} · ${outputs}`, inputGradient(tokens, inputs, outputs)],
    [`dw       ${tokens}×${inputs} · ${outputs}`, weightGradient(tokens, inputs, outputs)],
  ]),
  ['step     512×64 · 192', { ...forward(512, 64, 192), bias: 1 }],
  ['step     512×256 · 64', { ...forward(512, 256, 64), residual: 1 }],
  ['square   512', { ...PLAIN_PRODUCT, m: 512, n: 512, k: 512 }],
];

/** Milliseconds of processor time of the process's threads but the main one, which only waits. Linux only. */
function workerTime(): number {
  let total = 0;
  for (const thread of readdirSync('/proc/self/task')) {
    if (Number(thread) === process.pid) continue;
    total += Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  }
  return total;
}

const device = await requestDevice();
const filter = process.argv[2] ?? '';
console.log(`${device.description}, ${cpus().length} cores\n${'GFLOP/s by wall clock and by processor time'.padStart(90)}`);
for (const [name, shape] of rows) {
  if (!name.includes(filter)) continue;
  const chosen = matmulKernel(shape, device.traits);
  // Beside the kernel for gradients of weights, the one that makes every other product.
  const kernels = new Set<Kernel<MatmulShape>>([matmul, ...(chosen === matmulOuter ? [matmulSubgroups] : []), chosen]);
  for (const kernel of kernels) {
    using _scope = device.scope();
    const numbers = (length: number) =>
      device.tensor(
        Float32Array.from({ length }, (_, i) => Math.sin(i)),
        [length],
      );
    const { m, n, k } = shape;
    const bound = {
      a: numbers(m * k),
      b: numbers(k * n),
      bias: numbers(n),
      residual: numbers(m * n),
      gamma: device.dummy,
      beta: device.dummy,
      c: device.zeros([m * n]),
      sums: device.dummy,
    };
    const repeats = Math.max(1, Math.round(2e8 / kernel.cost(shape).flops));
    const run = async (times: number) => {
      const [clock, worker] = [performance.now(), workerTime()];
      for (let i = 0; i < times; i++) device.dispatch(kernel, shape, bound);
      await device.finish();
      return { clock: (performance.now() - clock) / times, worker: (workerTime() - worker) / times };
    };
    const first = await run(1);
    const timings: Awaited<ReturnType<typeof run>>[] = [];
    for (let i = 0; i < 4; i++) timings.push(await run(repeats));
    const rate = (key: 'clock' | 'worker') => kernel.cost(shape).flops / Math.min(...timings.map((timing) => timing[key])) / 1e6;
    const columns = [`${first.clock.toFixed(0)} ms first`, rate('clock').toFixed(1), (rate('worker') * cpus().length).toFixed(1)];
    console.log(name.padEnd(26) + kernel.name.padEnd(18) + columns.map((text) => text.padStart(14)).join(''));
  }
}
device.close();
