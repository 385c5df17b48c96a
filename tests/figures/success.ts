import { figures, type PageFigures, set } from './page.js';
import { f3, findings, max, median, min, percent1, run, successes } from './stored.js';

const ceiling = findings('grid-mini/ceiling.json', 'Success, cut episodes and legs');
const at = (who: string, temperature: number) => {
  const found = ceiling.find((row) => row.Who === who && Number(row.Temperature) === temperature);
  if (!found) throw new Error(`no row ${who} at ${temperature}`);
  return found;
};
const LEGS = ['1: to 0', '2: to 1', '3: to 2', '4: to 3'];
const labelled = at('labelled, rank 16', 0.5);
const policy = at('policy, sampled', 0.5);
const missed = LEGS.map((leg) => 1 - policy[leg]);

const temperatures = [1, 0.7, 0.5, 0.3, 0.1].map((temperature) => {
  const name = temperature === 0.5 ? '**0.5** (preset)' : String(temperature);
  const controllers = at('labelled, rank 16', temperature);
  const [sampled, means] = ['policy, sampled', 'policy, its means'].map((who) => at(who, temperature).Success);
  return figures`| ${name} | ${f3(controllers.Success)} | ${f3(controllers.Cut)} | ${f3(sampled)} | ${f3(means)} |`;
});

const COLUMNS = [
  { task: '0123', episodes: 61_440 },
  { task: '0123', episodes: 148_480 },
  { task: '01230123', episodes: 122_880 },
  { task: '3012', episodes: 61_440 },
  { task: '1230', episodes: 61_440 },
];
const SEEDS = [
  [1, 1],
  [1, 2],
  [2, 3],
  [2, 4],
  [3, 5],
  [3, 6],
];
const table = SEEDS.map(([baseSeed, rlSeed]) => {
  const row = COLUMNS.map((column) => successes({ method: 'internal', baseSeed, rlSeed, ...column })[0]);
  return figures`| ${`${baseSeed}, ${rlSeed}`} | ${row.map(f3).join(' | ')} |`;
});
const medians = COLUMNS.map((column) => median(successes({ method: 'internal', ...column })));

const supervised = (task: string): string => successes({ method: 'supervised', task }).map(f3).join(', ');
const rank = (of: number): string => f3(at(`labelled, rank ${of}`, 0.5).Success);
const preset = run('models/grid-mini/controller-1-1').config.config.discover;

export const success: PageFigures = {
  page: 'docs/notes/success.md',
  claims: [
    ...temperatures,
    figures`the third leg is as good as the first (${f3(labelled['3: to 2'])} and ${f3(labelled['1: to 0'])})`,
    figures`of rank 4, 16 (preset) and 64 come to ${rank(4)}, ${rank(16)} and ${rank(64)}`,
    figures`misses at ${set('0.5')}, ${percent1(policy.Cut)} % of episodes are cut by the horizon; the rest is a wrong colour, ${percent1(min(missed))} to ${percent1(max(missed))} % a leg`,
    figures`(\`touches\`, ${String(preset.steps).replace('3000', '3 000')} steps) over three bases`,
    ...table,
    figures`| median | ${medians.map(f3).join(' | ')} |`,
    figures`(0123: ${supervised('0123')}; twice over: ${supervised('01230123')})`,
  ],
  settings: [
    'what limits success on 0123',
    'at temperature 0.5',
    'Success on 0123 on base 1, over 2 048 episodes',
    'RL learned at 0.5',
    'Below 0.5',
    'success over 10 240 sampled episodes',
    'shortened to 61 440 episodes',
    'the preset’s 148 480',
    '122 880 episodes in all',
    '| base, seed | 0123, 61 440 | 0123, 148 480 | 01230123, 122 880 | 3012, 61 440 | 1230, 61 440 |',
    '3012 and 1230 are two more tasks',
  ],
};
