import { type Claim, figures, type PageFigures, set } from './page.js';
import { f1, f2, f3, f4, findings, max, median, min, percent, type Run, range, run, runs, successes } from './stored.js';

const SEEDS = ['1-1', '1-2', '2-3', '2-4', '3-5', '3-6'];
const named = (seeds: string): string => seeds.replace('-', ', ');
const shipped = '../../packages/models/grid-mini';
const metacontrollers = SEEDS.map((seeds) => run(`models/grid-mini/controller-${seeds}`).result);
const bases = [run(`${shipped}/base`), ...runs('models/grid-mini', /^base-/)].map(({ result }) => result);

const layers = findings('grid-mini/controllers.json', 'Success by layer and task').map(
  (row) => figures`| ${String(row.Layer)} | ${f3(row.NLL)} | ${f3(row['0123'])} | ${f3(row['01230123'])} |`,
);
const preset = SEEDS.map((seeds, i) => {
  const { f1Exact, readout, nllHard, nllUncontrolled } = metacontrollers[i];
  return figures`| ${named(seeds)} | ${[f1Exact, readout, nllHard, nllUncontrolled].map(f3).join(' | ')} |`;
});

const mapped = runs('runs/success-map', /^(?!.*long)/);
const long = runs('runs/success-map', /long/).map(({ result }) => result);
const found = ({ result }: Run): boolean => result.f1Exact >= 0.98 && result.readout >= 0.95;
const like = (view: string, alpha: number, from: number): Run[] =>
  mapped.filter(({ config: { config } }) => {
    const { discover } = config;
    return discover.view === view && discover.alpha === alpha && discover.laterGateFrom === from;
  });
const TOLD: [string, number, number][] = [
  ['touches', 0.001, 600],
  ['touches', 0.001, 200],
  ['touches', 0.01, 600],
  ['touches', 0.01, 200],
  ['partner', 0.001, 600],
  ['partner', 0.001, 200],
  ['partner', 0.01, 600],
  ['symmetry', 0.001, 600],
  ['same', 0.001, 600],
  ['same', 0.1, 600],
];
const medianAndLeast = (values: readonly number[]): string => `${f3(median(values))} (${f3(min(values))})`;
const map = TOLD.map(([view, alpha, from]) => {
  const cell = like(view, alpha, from);
  const share = `${cell.filter(found).length} of ${cell.length}`;
  const shown = cell.every(found) ? `**${share}**` : share;
  const [exact, readout] = ['f1Exact', 'readout'].map((name) => medianAndLeast(cell.map(({ result }) => result[name])));
  return figures`| \`${view}\` | ${set(String(alpha))} | ${String(from)} | ${shown} | ${exact} | ${readout} |`;
});
/** Medians of the read-out of the cells that the table leaves out. */
const rest = [
  ...new Set(
    mapped.map(({ config: { config } }) => JSON.stringify([config.discover.view, config.discover.alpha, config.discover.laterGateFrom])),
  ),
]
  .filter((cell) => !TOLD.some((told) => JSON.stringify(told) === cell))
  .map((cell) => median(like(...(JSON.parse(cell) as [string, number, number])).map(({ result }) => result.readout)));
const rate = (alpha: number): string => f1(median(like('touches', alpha, 600).map(({ result }) => result.kl)));

const compile = runs('runs/grid-mini', /^compile-\d/).map(({ result }) => result);

/** One row of the paper's view: three metacontrollers, and what was asked of their codes. */
function paperView(ties: string, alpha: string): Claim {
  const ended = runs('runs/paper-view', new RegExp(`^${ties}-${alpha}-`)).map(({ result }) => result);
  const cells = runs('runs/paper-view', new RegExp(`^switches-${ties}-${alpha}-`)).map(
    ({ name }) => findings(`runs/paper-view/${name}/analysis.json`, 'What a code tells when it begins')[0]['Cell reached'],
  );
  const exact = ended.map(({ f1Exact }) => (f1Exact < 1 && f1Exact > 0.9994 ? f4(f1Exact) : f3(f1Exact))).join(', ');
  const switches = ended.map(({ switchRate }) => switchRate);
  const shown = max(switches) < 0.26 ? f3 : f2;
  const all = [range(switches, shown), ...['readout', 'nllHard'].map((name) => range(ended.map((result) => result[name]))), range(cells)];
  return figures`| \`${ties}\`, ${set(alpha)} | ${exact} | ${all.join(' | ')} |`;
}

/** What a code's neighbours tell, of one controller. */
const told = (title: string, path: string): Claim => {
  const [code] = findings(path, 'What a code tells when it begins');
  const values = [code.Colour, code['Cell reached'], code['Cell begun in']].map((value) => f3(value).replace('-', '−'));
  return figures`| ${title} | ${values.join(' | ')} |`;
};

const injection = (path: string): number[] =>
  findings(path, 'Codes across layouts and histories')
    .filter((row) => row.Condition === 'with its code' && row['Reached, unseen'] !== null)
    .map((row) => row['Reached, unseen']);
const frozen = injection('grid-mini/injection.json');
const coTrained = ['1-1', '1-2', '2-3', '3-5', '2-4', '3-6'].map((seeds) => {
  const { result } = run(`runs/grid-mini/co-trained-${seeds}`);
  const unseen = injection(`runs/co-trained-injection/${seeds}/analysis.json`);
  const [baseSeed, rlSeed] = seeds.split('-').map(Number);
  const [success] = successes({ method: 'co-trained', task: '0123', episodes: 61_440, baseSeed, rlSeed });
  return { seeds, result, unseen, success };
});

export const discovery: PageFigures = {
  page: 'docs/notes/discovery.md',
  claims: [
    figures`${range(
      bases.map(({ ratio }) => 100 * (ratio - 1)),
      f1,
    )} % above their Bayes floor`,
    ...layers,
    ...preset,
    figures`${String(mapped.length)} runs and ${String(long.length)} longer ones`,
    ...map,
    figures`with medians of ${range(rest)}. \`partner\``,
    figures`**${String(long.length)} of ${String(long.length)}**, F1 ${f3(median(long.map(({ f1Exact }) => f1Exact)))}, read-out ${medianAndLeast(long.map(({ readout }) => readout))}`,
    figures`one nat a step (${rate(0.01)}; ${rate(0.001)} at α ${set('0.001')}, in the median)`,
    figures`exact step: ${range(compile.map(({ f1Exact }) => f1Exact))}. Read-out: ${range(compile.map(({ readout }) => readout))}, near chance. Loss with hard gates: ${range(compile.map(({ nllHard }) => nllHard))}, far below what a name for a colour leaves (${range(metacontrollers.map(({ nllHard }) => nllHard))} above)`,
    ...['random', 'first'].flatMap((ties) => ['0.03', '0.1'].map((alpha) => paperView(ties, alpha))),
    told('`touches`', 'grid-mini/switches.json'),
    told('`same`, ties `first`, α 0.1', 'runs/paper-view/switches-first-0.1-1-1/analysis.json'),
    told('`same`, ties `random`, α 0.1', 'runs/paper-view/switches-random-0.1-1-1/analysis.json'),
    figures`(base 1, seed 1: ${f2(coTrained[0].result.nllUncontrolled)} nats, before ${f2(metacontrollers[0].nllUncontrolled)})`,
    figures`in ${percent(min(coTrained.flatMap(({ unseen }) => unseen)))} to ${percent(max(coTrained.flatMap(({ unseen }) => unseen)))} % of episodes, where the frozen model’s codes do in ${range(frozen, percent)} %`,
    ...coTrained.map(
      ({ seeds, result, unseen, success }) =>
        figures`| ${named(seeds)} | ${f3(result.f1Exact)} | ${f3(result.readout)} | ${unseen.map(f2).join(', ')} | ${f3(success)} |`,
    ),
  ],
  settings: [
    'of 9 000 steps',
    'chance 0.25',
    'for 800 steps at each layer',
    'success on 0123 | on 01230123',
    'steers after block 1',
    'reads after block 2',
    'α 0.001, 3 000 steps, gates straight-through from step 1 500, one start',
    'three sequence models',
    '1 000 steps and one start',
    'F1 at the exact step ≥ 0.98 and read-out ≥ 0.95',
    '(α 0.1 for the other views, hard from 200 elsewhere)',
    'with four starts of 500 steps',
    'goes on to 3 000 steps, hard from 2 000',
    'at 1 000 steps only',
    'α: at 0.01',
    'At 0.1 nothing is told',
    'from step 200 on',
    'At α 0.1 it switches less often',
    '(1 500 steps, gates hard from 900 on)',
    '(true: 0.25)',
    'controller, base 1, seed 1',
    'chance 0.28',
    'the preset’s 3 000 steps',
    'at step 6 or 12',
    '0123 consists of such transitions',
    'at 6 and 12 | success on 0123, 61 440 episodes',
  ],
};
