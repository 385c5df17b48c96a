import { figures, NEEDED, type PageFigures } from './page.js';
import { f1, f2, f3, max, min, readJson, readText } from './stored.js';

/** Nanoseconds of an iteration, by the names of the rows. */
const printed = new Map(
  readText('docs/results/printed/software-adapter.txt')
    .split('\n')
    .flatMap((line) => {
      const found = /^(.+?)\s{2,}([\d.]+)\s+\d+$/.exec(line);
      return found ? [[found[1], Number(found[2])] as const] : [];
    }),
);
export function nanoseconds(name: string): number {
  const found = printed.get(name);
  if (found === undefined) throw new Error(`software-adapter.txt has no row "${name}"`);
  return found;
}

const ROWS: [title: string, row: string][] = [
  ['one round of a loop, with an addition of vec4s', 'loop of one vec4 addition'],
  ['eight multiply-and-adds of vec4s, `a * x + b`', 'vec4 multiply and add (independent, ×8)'],
  ['eight `fma()` of vec4s', 'vec4 fma() (independent, ×8)'],
  ['load f32 from storage, one address for all lanes', 'load f32, one address for all lanes'],
  ['load f32, neighbouring lanes', 'load f32, neighbouring lanes'],
  ['load vec4, one address for all lanes', 'load vec4, one address for all lanes'],
  ['load vec4, neighbouring lanes', 'load vec4, neighbouring lanes'],
  ['store f32 of a vec4', 'store f32 of a vec4 buffer'],
  ['store vec4', 'store vec4'],
  ['private array of vec4, variable index, read', 'private array of vec4, variable index, read'],
  ['private array of vec4, variable index, written', 'private array of vec4, variable index, written'],
  ['`subgroupShuffle` of a vec4', 'subgroupShuffle of a vec4'],
  ['`subgroupBroadcast` of a vec4', 'subgroupBroadcast of a vec4'],
  ['`subgroupAdd` of an f32', 'subgroupAdd of an f32'],
  ['`exp` of a vec4', 'exp of a vec4'],
  ['`tanh` of a vec4', 'tanh of a vec4'],
  ['`sqrt` of a vec4', 'sqrt of a vec4'],
  ['f32 division of a vec4', 'f32 division of a vec4'],
  ['u32 division of a vec4', 'u32 division of a vec4'],
];

const paired: number[] = readJson('paired/a077e78.json').rows.map((row: { processor: { median: number } }) => row.processor.median);
const parts: number[] = ['rollouts', 'training'].flatMap((part) =>
  readJson(`paired/${part}.json`).rows.map((row: { processor: { median: number } }) => row.processor.median),
);
const geometricMean = Math.exp(paired.reduce((sum, ratio) => sum + Math.log(ratio), 0) / paired.length);

const LLVMPIPE =
  'cost/mesa-software-llvmpipe-llvm-15-0-6-256-bits-llvmpipe-mesa-25.0.7-2-bpo12-1-llvm-15.0.6-0.0.1-software-kernels-2-threads-amd-epyc';
/** What the model of cost says of the steps that were timed, over what they took: each phase's rounds. */
const ratios: number[][] = ['grid-mini', 'grid-small', 'grid-paper'].flatMap((preset) =>
  readJson(`${LLVMPIPE}/${preset}.json`).phases.map(({ rounds }: { rounds: { expected: number; timed: number }[] }) =>
    rounds.map(({ expected, timed }) => expected / timed),
  ),
);
const middle = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.floor(half - 0.5)] + sorted[Math.floor(half)]) / 2;
};
const medians = ratios.map(middle);

export const softwareAdapter: PageFigures = {
  page: 'docs/notes/software-adapter.md',
  claims: [
    ...ROWS.map(([title, row]) => figures`| ${title} | ${f1(nanoseconds(row))} |`),
    figures`rollouts and training steps of\n  \`grid-mini\` run at ${f3(min(parts))} to ${f3(max(parts))} of its speed`,
    figures`over ${String(paired.length)} operations: the slowest at ${f3(min(paired))} of what it was, ${f3(geometricMean)} in the geometric mean`,
    figures`${f2(min(medians))} to ${f2(max(medians))} over twelve phases (medians of two or three rounds; single rounds ${f2(min(ratios.flat()))} to ${f2(max(ratios.flat()))})`,
  ],
  settings: [
    'lavapipe (Mesa 25.0.7, LLVM 15, AVX2: subgroups of 8, two threads), Dawn of `webgpu` 0.6.2',
    'One subgroup of 8',
    'a tile of 4×4 per invocation where all dimensions are 64 or more',
    '32×32, in private memory',
    'is 1.6 kB of branches',
    'near 8 KiB: 16 KiB was slower',
    'A straight run of 64 steps',
    'for each 32 columns',
    'fifty launches of 32 to 512 rows',
    'at least 96 rows',
    'A GRU of up to 64 units',
    'rows of up to 64 numbers',
    '256 units is not as fast as that for up to 64',
    'at most 32 rounds',
    'with a chunk of 16',
  ],
};

const add = nanoseconds('vec4 multiply and add (independent, ×8)');
export const kernels: PageFigures = {
  page: 'kernels/README.md',
  claims: [
    figures`as five multiply-and-adds of vec4s (${f1(nanoseconds('load f32, one address for all lanes'))} ns, against ${f1(add)} for eight)`,
    figures`(${f1(nanoseconds('subgroupShuffle of a vec4'))} ns for a vec4, no barrier`,
    figures`8 vec4s take ${f1(nanoseconds('private array of vec4, variable index, read'))} ns more`,
    figures`of 4 × 8 numbers takes ${f1(nanoseconds('u32 division of a vec4'))} ns, as long as ${Math.round(nanoseconds('u32 division of a vec4') / (add / 8)) === 65 ? 'sixty-five' : '?'} multiply-and-adds`,
  ],
  settings: [
    ...NEEDED,
    'Denormals may be flushed to 0',
    'heads to 128',
    'to a width of 64',
    'blocks of 4 × 4 in registers, where all is a multiple of 4',
    'two launches from 8192 elements',
    'two launches from 512',
    '(Mesa 25.0.7, AVX2, two threads)',
    'A load from storage of 8 numbers',
    'near 8 KiB',
    'Up to 32 rounds',
  ],
  heldElsewhere: [{ from: '## NaN and infinity', to: '## Rules for software adapters', by: 'kernels/src/elementwise/elementwise.test.ts' }],
};
