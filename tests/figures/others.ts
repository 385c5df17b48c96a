/** Pages with few figures, and pages with none. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { figures, NEEDED, type PageFigures } from './page.js';
import { f1, f3, f4, H200, max, percent, percent1, range, readJson, readText, root, run } from './stored.js';

interface Timed {
  readonly phase: string;
  readonly kernels: { readonly kernels: readonly { readonly kernel: string; readonly roofline: number }[] };
}
const timed: readonly Timed[] = readJson(`${H200}/grid-small.json`).phases;
const roofline = (phase: string, which: RegExp): number[] =>
  timed
    .filter((candidate) => candidate.phase === phase)
    .flatMap(({ kernels }) => kernels.kernels)
    .filter(({ kernel }) => which.test(kernel))
    .map((found) => found.roofline);

const paired: readonly { name: string; processor: { median: number } }[] = readJson('paired/a077e78.json').rows;
const faster = (which: RegExp): string => range(paired.filter(({ name }) => which.test(name)).map(({ processor }) => processor.median));
const benched: readonly { shape: string; dtype: string; ours: { fractionOfFlops: number } }[] = JSON.parse(
  readText('bench/results/nvidia-nvidia-h200-nvidia-580.159.04-580.159.4.0.json'),
).rows;
const cube = benched.find(({ shape, dtype }) => shape === '2048×2048×2048' && dtype === 'f32')?.ours.fractionOfFlops ?? Number.NaN;

const shown: { readonly physics: number; readonly rest: number } = readJson('ant/demonstrations.json');
/** Demonstrations of `ant-paper`. */
const PLAYED = 20_000;

const [f16, f32] = ['f16', 'f32'].map((name) => run(`runs/half-precision/${name}`));
const losses = ['losses/action_nll', 'eval/action_nll'];
/** How far the two curves lie apart at most, as a share. */
const apart = max(
  f32.metrics.flatMap((line, i) => losses.filter((name) => name in line).map((name) => Math.abs(f16.metrics[i][name] / line[name] - 1))),
);
/** Of the shipped weights, in millions of bytes. */
const SHIPPED = ['base', 'controller'].map((name) => statSync(join(root, `packages/models/grid-mini/${name}/model.safetensors`)).size);
const megabytes = (sizes: readonly number[]): string => (sizes.reduce((sum, size) => sum + size) / 1e6).toFixed(1);
const [base, controller] = ['base', 'controller'].map((name) => run(`../../packages/models/grid-mini/${name}`).result);

export const others: readonly PageFigures[] = [
  {
    page: 'docs/results/runs/README.md',
    claims: [
      figures`lie within ${percent1(Math.ceil(1000 * apart) / 1000)} % of each other at every line of metrics, and the held-out NLL after 600 steps is ${f4(f16.result.actionNll)} in both`,
      figures`after 600 steps is ${f4(f32.result.actionNll)} in both`,
    ],
    settings: ['pads of radius 0.15'],
  },
  { page: 'docs/results/models/README.md', settings: ['Adapter: llvmpipe (Mesa 25.0.7)'] },
  {
    page: 'packages/models/grid-mini/README.md',
    claims: [
      figures`${percent1(base.obeyed)} % of sampled episodes obey the training transitions; ${f4(base.actionNll)} nats an action, ${percent1(base.ratio - 1)} % above the Bayes floor of the same episodes (${f4(base.bayesFloor)})`,
      figures`switch F1 at the exact step ${f3(controller.f1Exact)}, ${percent1(controller.readout)} % of subgoals read from the code, hard-gate loss ${f4(controller.nllHard)} (without control ${f4(controller.nllUncontrolled)})`,
    ],
    settings: ['llvmpipe (Mesa 25.0.7, LLVM 15.0.6, 256 bits)'],
  },
  { page: 'docs/add-an-operation.md', settings: ['in less than 30 lines'] },
  {
    page: 'docs/gpu-agenda.md',
    claims: [
      figures`All of the ant’s demonstrations are ${f1((PLAYED * (shown.physics + shown.rest)) / 60)} minutes of one core, or ${String(Math.round(PLAYED * (shown.physics / 16 + shown.rest)))} s of 16`,
    ],
    settings: [
      'on 256 demonstrations in place of 20 000',
      'first make its 20 000 demonstrations',
      'drivers before 615.71',
      'not rounded to 65 536 ns',
      'internal RL of 012345670123',
      '(7×7)',
      'for six α from 0.01 to 0.5',
      '(`momentLayer` 4)',
    ],
  },
  {
    page: 'bench/README.md',
    settings: [
      'products of 2048³ and 4096³, f16, attention over 1024 steps',
      'until a sample lasts 20 ms',
      '(d 64, L 4, T 32, B 128) and a discovery step (T 12, rank 16)',
      '512 episodes of `grid-mini`',
      'below 1 the library is faster',
      'Debian’s 1.13 runs on the reference BLAS',
    ],
  },
  {
    page: 'bench/gpu-machine.md',
    settings: [
      'Node 20.19 or later',
      'the command ends with 1',
      'to 31 small pieces of work',
      'llvmpipe binds 128 MiB at once',
      'gives it 8',
      'its 20 000 demonstrations take 2.1 GB of memory',
    ],
  },
  {
    page: 'kernels/golden/README.md',
    heldElsewhere: [{ from: '# Golden vectors', to: 'END', by: 'packages/transformer/src/testing/golden-base.ts' }],
  },
  {
    page: 'kernels/src/attention/README.md',
    claims: [
      figures`H200, steps of \`grid-small\`: ${range(roofline('pretrain', /^attention\/tiled-(forward|backward-keys|backward-queries)$/), percent)} % of the roofline`,
      figures`H200, rollouts of \`grid-small\`: ${percent(roofline('reinforce', /^attention\/split-step$/)[0])} % of the roofline`,
      figures`\`forward\` is ${faster(/attention forward B/)} times as fast now on llvmpipe, \`forward\` and \`backward\` together ${faster(/attention forward \+ backward/)} times, most at heads of 64`,
    ],
    settings: [
      '8 neighbouring queries (or keys)',
      'any above 128 wide',
      'holds 32 or 64 queries',
      'heads to 128',
      'sequences of 36 steps',
      'at heads of 64 goes into loads',
      '(0 · NaN)',
      'gradients of 0;',
      'at 10⁴ they, and so weights and gradients, are exact to 10⁻³',
      '`prefix` [batch, 2]',
    ],
  },
  { page: 'kernels/src/copy/README.md', settings: ['4 × 4 numbers at a time', 'sizes that 4 divides'] },
  { page: 'kernels/src/gru/README.md', settings: ['widths to 64 that 4 divides', 'widths to 128', 'widths to 256'] },
  {
    page: 'kernels/src/matmul/README.md',
    claims: [
      figures`at 2048³ ${percent(cube)} % of the peak measured beside`,
      figures`H200: ${percent(roofline('pretrain', /^matmul\/split$/)[0])} % of the roofline in \`grid-small\``,
    ],
    settings: ['4 × 4 numbers to an invocation', 'all dimensions are 64 or more', 'dimensions that 4 divides', '8 × 8 or 16 × 16 matrices'],
  },
  ...['convolution', 'embedding', 'layer-norm', 'reduce', 'scan', 'sort'].map((name) => ({ page: `kernels/src/${name}/README.md` })),
  ...['base', 'coxswain', 'envs', 'imitation', 'internal-rl', 'lab', 'metacontroller', 'rl', 'transformer'].map((name) => ({
    page: `packages/${name}/README.md`,
    settings: NEEDED,
  })),
  {
    page: 'packages/models/README.md',
    claims: [figures`found on it, ${megabytes(SHIPPED)} MB together`],
    settings: NEEDED,
  },
  {
    page: 'packages/tensor/README.md',
    settings: [...NEEDED, 'from TypeScript 6 on', 'integers of 8 to 64 bits'],
    heldElsewhere: [
      { from: '## What an import costs', to: '## Files', by: 'tests/packages.test.ts' },
      { from: '<!-- operations:', to: '<!-- end of operations -->', by: 'packages/tensor/test/properties.test.ts' },
    ],
  },
];
