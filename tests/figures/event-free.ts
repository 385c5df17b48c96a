import { figures, type PageFigures } from './page.js';
import { f2, f3, f4, findings, max, median, min, type Run, range, run, successes } from './stored.js';

export const SEEDS = ['1-1', '1-2', '2-3', '2-4', '3-5', '3-6'];
const of = (name: string): Run => run(`runs/event-free/${name}`);

/** The six metacontrollers of the default view. */
export const found = SEEDS.map((seeds) => of(`found-${seeds}`).result);
type Injected = { readonly reached: number; readonly unseen: number };
type Injection = { readonly steps: readonly { readonly [codes: string]: Injected }[] };

/** Share that reaches the colour of its code on transitions never shown, at both steps; codes of demonstrations, or of free play. */
export const unseen = ({ injection }: { readonly injection: Injection }, codes: 'demonstrated' | 'free' | 'without'): number[] =>
  injection.steps.map((step) => step[codes].unseen);

/** Success of a run of RL on its own task. */
export function solved(name: string): number {
  const { config, result } = of(name);
  const { task } = config.config.reinforce;
  return result.rows.find((row: { readonly task: string }) => row.task === task).success;
}
export const solvedBySeeds = (kind: string): number[] => SEEDS.map((seeds) => solved(`${kind}-${seeds}`));

const named = (seeds: string): string => seeds.replace('-', ', ');
const discovered = SEEDS.map((seeds, i) => {
  const { stages, nllHard } = found[i];
  const [first, ...later] = stages;
  const last = later.at(-1);
  const begun = [first.momentShare, first.momentF1, first.f1Exact, first.readout].map(f3);
  const ended = [last.agreement, last.f1Exact, last.readout, nllHard].map(f3);
  return figures`| ${named(seeds)} | ${[...begun, String(stages.length), ...ended].join(' | ')} |`;
});
const carried = SEEDS.map((seeds, i) => {
  const [demonstrated, free] = (['demonstrated', 'free'] as const).map((codes) => unseen(found[i], codes).map(f2).join(', '));
  const tasks = ['rl', 'rl-3012', 'rl-1230', 'long'].map((kind) => f3(solved(`${kind}-${seeds}`)));
  return figures`| ${named(seeds)} | ${demonstrated} | ${free} | ${tasks.join(' | ')} |`;
});

const JUMPS = 'Jumps by layer';
const jumps = (base: string) => findings(`runs/jumps/${base}/analysis.json`, JUMPS);
const minis = ['grid-mini-1', 'grid-mini-2', 'grid-mini-3'].map(jumps);
const byLayer = minis[0].map(({ Layer: layer }, i) => {
  const [apart, area] = ['D', 'AUC, colours'].map((label) =>
    range(
      minis.map((rows) => rows[i][label]),
      label === 'D' ? f2 : f3,
    ),
  );
  return figures`| ${String(layer)} | ${apart} | ${area} |`;
});
const shown = (label: string): string => range(minis.map((rows) => rows[2][label]));
const dash = (value: number | null): string => (value === null ? '–' : f3(value));
const large = jumps('grid-small');
const byLayerLarge = large.map((row) => {
  const labels = [
    'Share shown',
    'AUC, colours',
    'Precision, colours',
    'Recall, colours',
    'AUC, skills',
    'Precision, skills',
    'Recall, skills',
  ];
  return figures`| ${String(row.Layer)} | ${f2(row.D)} | ${labels.map((label) => dash(row[label])).join(' | ')} |`;
});
const exact = found.map(({ f1Exact }) => f1Exact);

export const eventFree: PageFigures = {
  page: 'docs/notes/event-free.md',
  claims: [
    ...discovered,
    ...carried,
    ...byLayer,
    ...byLayerLarge,
    figures`with an F1 of ${f3(min(exact))} and a read-out of ${f4(min(found.map(({ readout }) => readout)))} at least, though the moments that they began with have one of ${range(found.map(({ stages }) => stages[0].momentF1))}`,
    figures`in ${range(found.flatMap((one) => unseen(one, 'demonstrated')))} of episodes with codes of demonstrations, in ${range(found.flatMap((one) => unseen(one, 'free')))} with codes of free play, in ${f3(max(found.flatMap((one) => unseen(one, 'without'))))} at most without`,
    figures`Raw-action RL solved 0123 in ${f4(max(successes({ method: 'raw', task: '0123', episodes: 61_440 })))} of as many episodes`,
    figures`the median on 0123 is ${f3(median(solvedBySeeds('rl')))}`,
    figures`shows ${shown('Share shown')} of the steps; ${shown('Precision, colours')} of these are ends of subgoals, and of all ends ${shown('Recall, colours')} are among them`,
    figures`a jump tells a colour there (area under the curve ${f3(large[4]['AUC, colours'])})`,
    figures`two in five of the colours end a pair, ${f3(large[4]['Precision, skills'])} of the moments do`,
  ],
  settings: [
    'of 9 000 steps',
    'chance 0.25',
    '4×4',
    '7×7',
    '(e_t−1)‖ after block 2',
    'After block 2 the rule',
    'After block 4 a jump',
    'reads after block 3',
    'from block 4',
    'Stage 1 trains a metacontroller on these moments for 1 000 steps. Stage 2 begins another, for the preset’s 3 000 steps',
    'that stage 1 was shown',
    'stage 1: F1',
    'and on 01230123 as many again from the policy for 0123',
    '(0.5 is chance;',
    'F1 of at least 0.98',
    'at most three stages',
    'step 6 or 12',
    'at 6 and 12',
    '61 440 episodes',
    'on 0123 | on 3012 | on 1230 | on 01230123',
    'from 2 on',
    'steered after block 1 and read after block 2',
  ],
};
