import { figures, type PageFigures } from './page.js';
import { f2, f3, f4, findings, max, median, min, type Run, range, run, runs, successes } from './stored.js';

export const SEEDS = ['1-1', '1-2', '2-3', '2-4', '3-5', '3-6'];
const of = (name: string): Run => run(`runs/event-free/${name}`);

/** The six metacontrollers of the default view. */
export const found = SEEDS.map((seeds) => of(`found-${seeds}`).result);
type Injected = { readonly reached: number; readonly unseen: number };
type Injection = { readonly steps: readonly { readonly [codes: string]: Injected }[] };

/**
 * Share that reaches the colour of its code on transitions never shown, at both steps; codes of demonstrations, or of
 * free play.
 */
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

/** Controls, three seeds each, one a base. */
const ONE = ['1-1', '2-3', '3-5'];
const CONTROLS = [
  ['`event-free`, as above', 'found', 'rl'],
  ['one stage: `jumps`', 'control-jumps', 'control-jumps-rl'],
  ['one stage: `random`', 'control-random', 'control-random-rl'],
  ['`event-free` unturned', 'unturned', 'unturned-rl'],
  ['`touches`', 'control-touches', 'control-touches-rl'],
  ['`same`', 'control-same', 'control-same-rl'],
] as const;
/** What a run measured; one that ended with an error has its last evaluation alone. */
function measuredOf(name: string) {
  const { result, metrics } = of(name);
  if (result) return result;
  const last = (metric: string): number => metrics.findLast((line) => metric in line)?.[metric];
  return { f1Exact: last('switch/f1_exact'), readout: last('eval/subgoal_readout') };
}
const three = (values: readonly (number | undefined)[], digits = f2): string =>
  values.map((value) => (value === undefined ? '–' : digits(value))).join(', ');
const controlled = CONTROLS.map(([label, kind, learning]) => {
  const results = ONE.map((seeds) => measuredOf(`${kind}-${seeds}`));
  const [demonstrated, free] = (['demonstrated', 'free'] as const).map((codes) =>
    three(results.map((one) => (one.injection ? unseen(one, codes)[0] : undefined))),
  );
  const [aligned, told] = ['f1Exact', 'readout'].map((name) => three(results.map((one) => one[name])));
  const success = three(
    ONE.map((seeds, i) => (results[i].injection ? solved(`${learning}-${seeds}`) : undefined)),
    f3,
  );
  return figures`| ${label} | ${[aligned, told, demonstrated, free, success].join(' | ')} |`;
});

const controlsOf = (kind: string) => ONE.map((seeds) => of(`${kind}-${seeds}`).result);
const successOf = (kind: string): number[] => ONE.map((seeds) => solved(`${kind}-${seeds}`));
const at = (kind: string, codes: 'demonstrated' | 'free' | 'without'): number[] => controlsOf(kind).map((one) => unseen(one, codes)[0]);
const readouts = (kind: string): string => range(controlsOf(kind).map(({ readout }) => readout));
/** Of random moments: the two bases on which they led to skills, and the one on which they did not. */
const [lost, ...led] = controlsOf('control-random').map(({ f1Exact }, i) => [f1Exact, successOf('control-random-rl')[i]] as const);
const controls = [
  figures`Without a code it is ${range(at('found', 'without'))} of them. Raw-action RL solves 0123 in ${f4(max(successes({ method: 'raw', task: '0123', episodes: 61_440 })))} of episodes`,
  figures`lead to skills on two bases of three: F1 ${led.map(([f1]) => f3(f1)).join(' and ')}, internal RL ${led.map(([, success]) => f3(success)).join(' and ')}. On the other one the switch opens too often (F1 ${f3(lost[0])}), and RL succeeds in ${f4(lost[1])} of episodes`,
  figures`as good as after two stages: ${range(successOf('control-jumps-rl'))} against ${range(successOf('rl'))}`,
  figures`the read-out is ${readouts('found')} instead of ${readouts('control-jumps')}, unseen injection reaches ${range(at('found', 'demonstrated'))} instead of ${range(at('control-jumps', 'demonstrated'))}, with codes of free play ${range(at('found', 'free'))} instead of ${range(at('control-jumps', 'free'))}`,
  figures`RL from \`same\` succeeds in ${f4(max(successOf('control-same-rl')))} of episodes at most`,
];

/** F1 as the first stage ended, of a run that may have ended with an error later. */
const firstF1 = (name: string): number => of(name).metrics.find((line) => 'moments/share' in line)?.['switch/f1_exact'];
const [opens, all, half] = ONE.map((seeds) => measuredOf(`unturned-${seeds}`));
const unturned = [
  figures`On one of them all is found: F1 ${f3(all.f1Exact)}, read-out ${f3(all.readout)}, internal RL ${f3(solved('unturned-rl-2-3'))}. On the other two the first switch is right half of the time (F1 ${f3(firstF1('unturned-1-1'))} and ${f3(firstF1('unturned-3-5'))}), and later ones are no better: on one the last opens at every step (F1 ${f3(opens.f1Exact)}, read-out ${f3(opens.readout)}), and the run ends and says so; on the other F1 is ${f3(half.f1Exact)}, read-out ${f3(half.readout)}, and RL succeeds in ${f4(solved('unturned-rl-3-5'))}`,
];

/** Controllers whose neighbouring codes were compared, with what their own runs measured. */
const compared = runs('runs/neighbours', /./).map(({ name }) => {
  const { result } = of(name);
  const rows = findings(`runs/neighbours/${name}/analysis.json`, 'Agreement of neighbours');
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return { name, agreement: mean(rows.map(({ Difference }) => Difference)), carried: mean(unseen(result, 'demonstrated')), result };
});
type Compared = (typeof compared)[number];

/** Spearman's: how far two numbers put these controllers in the same order. */
function inOrder(by: (one: Compared) => number, among: readonly Compared[] = compared): number {
  const ranks = (of: (one: Compared) => number): number[] => {
    const sorted = among.map(of).sort((a, b) => a - b);
    // Those that are equal share the mean of their places.
    return among.map((one) => (sorted.indexOf(of(one)) + sorted.lastIndexOf(of(one))) / 2);
  };
  const [a, b] = [ranks(by), ranks(({ carried }) => carried)];
  const middle = (among.length - 1) / 2;
  const product = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + (value - middle) * (y[i] - middle), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}
const episodic = compared.filter(({ name }) => !name.startsWith('control-same'));
const predicted = [
  ['how much oftener neighbours agree', false, ({ agreement }: Compared) => agreement],
  ['held-out loss, hard gates (the lower, the better)', false, ({ result }: Compared) => -result.nllHard],
  ['KL of the codes (likewise)', false, ({ result }: Compared) => -result.kl],
  ['F1', true, ({ result }: Compared) => result.f1Exact],
  ['read-out', true, ({ result }: Compared) => result.readout],
] as const;
const predictors = predicted.map(
  ([label, labels, by]) => figures`| ${label} | ${labels ? 'yes' : 'no'} | ${f2(inOrder(by))} | ${f2(inOrder(by, episodic))} |`,
);

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
    ...controlled,
    ...controls,
    ...unturned,
    figures`over ${String(compared.length)} of them, and without those of \`same\``,
    ...predictors,
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
    'seeds of 1, 1; 2, 3; 3, 5 above',
    'Injected at step 6, on',
    'internal RL on 0123 |',
    '61 440 episodes',
    'on 0123 | on 3012 | on 1230 | on 01230123',
    'from 2 on',
    'steered after block 1 and read after block 2',
  ],
};
