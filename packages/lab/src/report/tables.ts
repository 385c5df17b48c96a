/** Tables of the page. */
import { formatNumber } from '../progress.js';
import type { ReportTable } from './data.js';
import { share } from './format.js';
import { element, text } from './markup.js';

/** Rows that a table shows at once; a longer one is opened. */
const MOST_ROWS = 16;

/** The numbers of runs, by which the page's filter finds what is theirs; nothing for what is no run's. */
export type RunNumbers = (runs: readonly string[] | undefined) => { readonly 'data-runs'?: string };

/** Letters from which on a cell may take two lines, and many; a shorter one is never broken. */
const [MIDDLING, LONG] = [32, 60];

const lengthOf = (value: string | number | null | undefined): { readonly class?: string } =>
  typeof value !== 'string' || value.length <= MIDDLING ? {} : { class: value.length > LONG ? 'long' : 'middling' };

const cellText = (value: string | number | null): string => {
  if (value === null) return '–';
  if (typeof value === 'string') return value.startsWith('coxswain ') ? element('code', {}, text(value)) : text(value);
  return text(Number.isInteger(value) ? formatNumber(value) : share(value));
};

/** Stands behind what scrolls, and is seen where there is more than the screen shows. */
export const HINT = element('p', { class: 'hint', 'aria-hidden': 'true' }, '→ scroll sideways for the rest');

/** What scrolls where it is wider than the screen, and says so there. */
export const scrolling = (body: string): string => element('div', { class: 'scroll', tabindex: 0 }, body) + HINT;

/** One table, closed where it is long. */
export function table({ columns, rows, runs }: ReportTable, numbers: RunNumbers = () => ({})): string {
  const kind = (index: number, value?: string | number | null) => (columns[index].numeric ? { class: 'n' } : lengthOf(value));
  const head = element('tr', {}, ...columns.map(({ label }, index) => element('th', { scope: 'col', ...kind(index) }, text(label))));
  const body = rows.map((row, at) =>
    element('tr', numbers(runs?.[at]), ...row.map((value, index) => element('td', kind(index, value), cellText(value)))),
  );
  const drawn = scrolling(element('table', {}, element('thead', {}, head), element('tbody', {}, ...body)));
  return rows.length > MOST_ROWS ? element('details', {}, element('summary', {}, text(`all ${rows.length} rows`)), drawn) : drawn;
}
