import { figures, type PageFigures } from './page.js';
import { f2, f3, median, runs, tableOf } from './stored.js';

const window = tableOf('grid-mini/memory.json', 'Success by window').rows;
/** The medians of one row: with a window of four steps, and without. */
function medians(what: string): { four: number; fours: number; whole: number; wholes: number } {
  const table = window.find((row) => row[0] === what);
  if (!table) throw new Error(`memory.json has no row "${what}"`);
  const [, four, fours, whole, wholes] = table;
  return { four, fours, whole, wholes };
}
const OBEYED = 'Base alone: transitions obeyed';
const ONCE = 'Internal RL, touches, on 0123 after 61 440 episodes';
const TWICE = 'Internal RL, touches, on 01230123 after 122 880 episodes';
const [ORACLE, ORACLE_TWICE] = ['Labelled controllers, on 0123', 'Labelled controllers, on 01230123'];
const UNLEARNED = 'Internal RL, touches that learned 0123, on 01230123 after 61 440 episodes';
const RAW = 'Raw-action RL, on 0123 after 61 440 episodes';

const rows = [...runs('runs/memory', /^(internal|long)-/)].flatMap(({ result }) => result.rows);
/** Success of the runs with a window, largest last. */
const single = (task: string, episodes: number): number[] =>
  rows.filter((row) => row.task === task && row.episodes === episodes).map((row) => row.success);
const inBrackets = (task: string, episodes: number): string => single(task, episodes).map(f3).join(', ');

/** A line of the table. `indexed` runs are told one by one. */
const line = (title: string, what: string, each?: [string, number]) => {
  const { four, fours, whole, wholes } = medians(what);
  return figures`| ${title} | ${f3(four)}${each ? ` (${inBrackets(...each)})` : ''}, ${String(fours)} | ${f3(whole)}, ${String(wholes)} |`;
};
const found = runs('runs/memory', /^controller-/).map(({ result }) => result);
const length = (prefix: RegExp): string =>
  String(Math.round(median(runs('runs/memory', prefix).map(({ metrics }) => metrics.at(-1)['charts/episodic_length']))));

export const memory: PageFigures = {
  page: 'docs/notes/memory.md',
  claims: [
    line('the model alone: transitions obeyed', OBEYED),
    line('raw-action RL on 0123', RAW),
    line('internal RL on 0123, 61 440 episodes', ONCE, ['0123', 61_440]),
    line('internal RL on 01230123, 122 880 episodes', TWICE, ['01230123', 122_880]),
    line('labelled controllers, oracle switch, 0123', ORACLE),
    line('labelled controllers, oracle switch, 01230123', ORACLE_TWICE),
    figures`Episodes of 0123 last ${length(/^internal-/)} steps at the end of RL, those of 01230123 ${length(/^long-/)}`,
    figures`(F1 ${f3(Math.min(...found.map(({ f1Exact }) => f1Exact)))}), subgoals are read from the code in ${found.map(({ readout }) => f3(readout)).join(' and ')}`,
    figures`it reaches ${f3(medians(TWICE).four)}, where`,
    figures`${f2(medians(ORACLE).four / medians(ORACLE).whole)} of theirs on 0123, against ${f2(medians(ONCE).four / medians(ONCE).whole)} for internal RL; ${f2(medians(ORACLE_TWICE).four / medians(ORACLE_TWICE).whole)} and ${f2(medians(TWICE).four / medians(TWICE).whole)} on 01230123`,
    figures`solve 01230123 in ${f3(medians(UNLEARNED).four)} of episodes (${inBrackets('01230123', 61_440)}) with the window, in ${f3(medians(UNLEARNED).whole)} without`,
  ],
  settings: ['rewarded for 0123 alone'],
};
