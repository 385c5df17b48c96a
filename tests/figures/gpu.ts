import { type Claim, figures, type PageFigures } from './page.js';
import { pairF1 } from './pairs.js';
import { count, f1, f3, findings, H200, max, min, percent, percent1, range, readJson, run, runs, successes, word } from './stored.js';

interface Kernel {
  readonly kernel: string;
  readonly seconds: number;
  readonly flops: number;
  readonly roofline: number;
}
interface Phase {
  readonly phase: string;
  readonly cost: { readonly steps: number; readonly timeSteps: number };
  readonly rounds: readonly { readonly timed: number }[];
  readonly kernels: { readonly peaks: { readonly flops: number }; readonly kernels: readonly Kernel[] };
}
const phasesOf = (preset: string): Phase[] => readJson(`${H200}/${preset}.json`).phases;
const phase = (preset: string, name: string): Phase => phasesOf(preset).find((candidate) => candidate.phase === name) as Phase;
const seconds = ({ kernels }: Phase): number => kernels.kernels.reduce((sum, kernel) => sum + kernel.seconds, 0);
const flops = ({ kernels }: Phase): number => kernels.kernels.reduce((sum, kernel) => sum + kernel.flops, 0);
const kernel = (preset: string, name: string, which: RegExp): Kernel[] =>
  phase(preset, name).kernels.kernels.filter((candidate) => which.test(candidate.kernel));

/** `5 h 31 min`, `9 min 27 s`, `35 s`. */
function duration(total: number): string {
  const whole = Math.round(total);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  if (hours) return `${hours} h ${two(Math.round((whole % 3600) / 60))} min`;
  return minutes ? `${minutes} min ${two(rest)} s` : `${rest} s`;
}
const three = (value: number): string => (value < 100 ? value.toPrecision(3) : value.toFixed(0));
const milliseconds = (value: number): string => three(1000 * value);

const table: Claim[] = ['grid-small', 'grid-paper'].flatMap((preset) =>
  phasesOf(preset).map((timed) => {
    const [{ timed: step }] = timed.rounds;
    const speed = count(Number((timed.cost.timeSteps / step).toPrecision(3)));
    const all = duration(step * timed.cost.steps);
    return figures`| ${preset} | ${timed.phase} | ${milliseconds(step)} | ${speed} | ${all} | ${milliseconds(seconds(timed))} | ${f1(flops(timed) / seconds(timed) / 1e12)} |`;
  }),
);
const whole = ['pretrain', 'discover', 'reinforce'].map((name) => {
  const timed = phase('grid-paper', name);
  return timed.rounds[0].timed * timed.cost.steps;
});
const attention = ['pretrain', 'discover', 'supervise'].flatMap((name) =>
  ['grid-small', 'grid-paper'].flatMap((preset) =>
    kernel(preset, name, /^attention\/tiled-(forward|backward-keys|backward-queries)$/).map(({ roofline }) => roofline),
  ),
);
const recurrence = (preset: string): Kernel => kernel(preset, 'reinforce', /^gru\/forward/)[0];
const share = (preset: string): string => percent(recurrence(preset).seconds / seconds(phase(preset, 'reinforce')));

const third = 'runs/grid-small';
const eight = 'runs/grid-small-eight';
const base = (folder: string) => run(`${folder}/base`).result;
const found = (folder: string) => runs(folder, /^controller-/).map(({ result }) => result);
const probes = findings('grid-small/probes.json', 'Accuracy by layer and step').map((row) => row['All steps']);
const learned = (folder: string, name: string): number => run(`${folder}/${name}`).result.rows[0].success;
const [one, two] = ['internal-1', 'internal-2'].map((name) => run(`${eight}/${name}`).metrics);
const EPISODES = 1024;
const early = [one, two].map((metrics) => max(metrics.filter(({ step }) => step <= 300).map(({ reward }) => reward)) * EPISODES);
const at = (step: number): number => two.find((line) => line.step === step).reward;
const met = one.filter(({ reward }) => reward > 0).map(({ reward }) => Math.round(reward * EPISODES));
const ten = run('models/grid-small/ten');
const injected = (condition: string, column: string): string =>
  range(
    findings('grid-small-eight/injection.json', 'Codes across layouts and histories')
      .filter((row) => row.Condition === condition && row[column] !== null)
      .map((row) => row[column]),
    percent,
  );
const unseenWithout = injected('without', 'Reached, unseen').split(' to ');

export const gpu: PageFigures = {
  page: 'docs/notes/gpu.md',
  claims: [
    ...table,
    figures`a day on one such GPU: ${duration(whole[0])} + ${String(Math.round(whole[1] / 60))} min + ${String(Math.round(whole[2] / 3600))} h. The peak of the card, measured beside, is ${String(Math.round(phase('grid-paper', 'pretrain').kernels.peaks.flops / 1e12))} TFLOP/s`,
    figures`reaches ${percent(kernel('grid-small', 'pretrain', /^matmul\/split/)[0].roofline)} % of the roofline in \`grid-small\` and ${percent(kernel('grid-paper', 'pretrain', /^matmul\/split/)[0].roofline)} % in \`grid-paper\``,
    figures`attention at ${range(attention, percent)} % of the roofline`,
    figures`takes ${share('grid-small')} % of an update of RL in \`grid-small\` and ${share('grid-paper')} % in \`grid-paper\`, at ${percent(recurrence('grid-small').roofline)} % of the roofline`,
    figures`a step takes ${milliseconds(phase('grid-small', 'pretrain').rounds[0].timed)} ms where its kernels take ${milliseconds(seconds(phase('grid-small', 'pretrain')))}. \`grid-paper\` (allocentric) does not: ${milliseconds(phase('grid-paper', 'pretrain').rounds[0].timed)} and ${milliseconds(seconds(phase('grid-paper', 'pretrain')))}`,
    figures`${f3(base(third).actionNll)} nats an action where ${f3(base(third).bayesFloor)} can be reached, ${percent(base(third).obeyed)} % of transitions obeyed`,
    figures`in ${percent(probes[0])} % of steps at the input, ${percent(probes[3])} % after block 3, ${percent(probes[4])} % after block 4`,
    figures`(precision ${f3(min(found(third).map(({ precision }) => precision)))}); one at all of them (recall ${f3(found(third)[1].recall)}), the other at ${percent(found(third)[0].recall)} %. The codes tell the subgoal in ${found(
      third,
    )
      .map(({ readout }) => percent(readout))
      .join(' and ')} % of steps`,
    figures`solve it in ${percent1(learned(third, 'supervised'))} %`,
    figures`The base: ${f3(base(eight).actionNll)} nats an action (${f3(base(eight).bayesFloor)} can be reached; ${f3(base(third).actionNll)} with a third of the steps), ${percent(base(eight).obeyed)} % of episodes obey the training tasks' transitions (${percent(base(third).obeyed)} %)`,
    figures`(F1 ${found(eight)
      .map(({ f1Exact }) => f3(f1Exact))
      .join(' and ')}), and the codes tell that colour in ${found(eight)
      .map(({ readout }) => percent(readout))
      .join(' and ')} % of steps (chance ${percent1(1 / 8)})`,
    figures`such switches have F1 ${f3(pairF1())}`,
    figures`touched next in ${injected('with its code', 'Reached')} % of episodes, against ${injected('without', 'Reached')} % without; never shown, in ${injected('with its code', 'Reached, unseen')} %, against ${unseenWithout[1]} %`,
    figures`**Success of internal RL: ${f3(learned(eight, 'internal-2'))}** of 2 048 sampled episodes after 409 600, and rising at the end; **${f3(learned(eight, 'internal-1'))} with the other**`,
    figures`in at most ${word(max(early))} of an update's 1 024 episodes; then one took off, from ${at(340).toFixed(2)} at update 340 to ${at(360).toFixed(2)}, ${at(380).toFixed(2)} and ${at(400).toFixed(2)} at 360, 380 and 400. The other met it in ${String(met.length)} of its 400 updates, once each but for ${word(met.filter((times) => times > 1).length)}`,
    figures`The same policy on llvmpipe: ${f3(learned('runs', 'llvmpipe-eight'))} of 2 048`,
    figures`switched by an oracle: ${f3(learned(eight, 'supervised'))}.`,
    figures`**solves ten colours in ${f3(ten.result.rows[0].success)} of 2 048 episodes** after ${count(ten.result.rows[0].episodes - successes({ method: 'internal', rlSeed: 2 }, 'grid-small-eight').length * 409_600)} more`,
  ],
  settings: [
    'driver 580.159.04',
    '16 processor cores',
    'Dawn of `webgpu` 0.6.2',
    'An H100 (80 GB, the same driver)',
    'subgroups of 32',
    'log(1 + u)',
    'in 32 parts',
    'no multiple of 4 (the head of 53 cells',
    'sequences of 36 steps',
    'a batch of 512 egocentric windows',
    'on 012345670123, twelve colours in order',
    'in 112 640 episodes (two runs), nor did raw-action RL in 40 960',
    'The task, 01234567, is every colour in order: four pairs, and none of the steps between them (1 to 2, 3 to 4, 5 to 6)',
    "the paper's 012345670123",
    '(0.95)',
    'Up to update 300',
    'no reward in 61 440 episodes',
    'less log 2',
  ],
};
