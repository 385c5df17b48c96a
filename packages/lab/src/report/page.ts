/** The report: one HTML file that refers to nothing outside itself. */
import { max } from 'd3-array';
import { formatNumber } from '../progress.js';
import type { Findings, Picture, ReportData, ReportTable } from './data.js';
import { share } from './format.js';
import { learningFigures } from './learning.js';
import { element, figure, text } from './markup.js';
import { curvesByMethod } from './method-curves.js';
import { STYLE } from './style.js';
import { trainingFigure } from './training.js';

function section(title: string, about: string, body: string): string {
  return body === '' ? '' : element('section', {}, element('h2', {}, text(title)), element('p', { class: 'about' }, text(about)), body);
}

function tiles({ learning, smoothing }: ReportData): string {
  const cards = [...new Set(learning.map(({ task }) => task))].flatMap((task) =>
    curvesByMethod(
      learning.filter((run) => run.task === task),
      smoothing,
    ).flatMap(({ label, runs, summary }, index) => {
      const end = summary[summary.length - 1];
      if (!end) return [];
      const episodes = formatNumber(max(runs, ({ points }) => points[points.length - 1]?.x) ?? 0);
      const spread = runs.length > 2 ? `, quartiles ${share(end.low)} to ${share(end.high)}` : '';
      const told = `${label} on ${task}: median of ${runs.length} run${runs.length === 1 ? '' : 's'} after ${episodes} episodes${spread}`;
      return [
        element('div', { class: `tile series-${index % 8}` }, element('b', {}, text(share(end.mid))), element('span', {}, text(told))),
      ];
    }),
  );
  return cards.length > 0 ? element('div', { class: 'tiles' }, ...cards) : '';
}

const cellText = (value: string | number | null): string => {
  if (value === null) return '–';
  if (typeof value === 'string') return value.startsWith('coxswain ') ? element('code', {}, text(value)) : text(value);
  return text(Number.isInteger(value) ? formatNumber(value) : share(value));
};

function table({ columns, rows }: ReportTable): string {
  const kind = (index: number) => (columns[index].numeric ? { class: 'n' } : {});
  const head = element('tr', {}, ...columns.map(({ label }, index) => element('th', { scope: 'col', ...kind(index) }, text(label))));
  const body = rows.map((row) => element('tr', {}, ...row.map((value, index) => element('td', kind(index), cellText(value)))));
  return element('div', { class: 'scroll' }, element('table', {}, element('thead', {}, head), element('tbody', {}, ...body)));
}

function findingsBody({ paper, charts, tables }: Findings): string {
  const parts = tables.map(
    (item) => element('h3', {}, text(item.title)) + element('p', { class: 'about' }, text(item.about)) + table(item),
  );
  return [
    element('p', { class: 'about' }, element('strong', {}, 'The paper: '), text(paper)),
    charts.length > 0 ? element('div', { class: 'charts' }, ...charts.map(trainingFigure)) : '',
    ...parts,
  ].join('');
}

function picture({ svg, caption, outcome }: Picture): string {
  if (!outcome) return figure(svg, text(caption));
  const name = element('strong', { class: outcome.good ? 'good' : 'bad' }, outcome.good ? '✓ ' : '✗ ', text(outcome.title));
  return figure(svg, `${name}${element('span', {}, text(caption))}`);
}

/** Writes the report as one HTML document. */
export function renderReport(data: ReportData): string {
  const facts = data.facts.map(({ label, value }) => element('div', {}, element('dt', {}, text(label)), element('dd', {}, text(value))));
  const body = element(
    'main',
    {},
    element('h1', {}, text(data.title)),
    element('p', { class: 'lead' }, text(data.lead)),
    facts.length > 0 ? element('dl', { class: 'facts' }, ...facts) : '',
    tiles(data),
    section(
      'Learning',
      'Share of sampled episodes that finish the task, against the episodes seen so far.',
      learningFigures(data.learning, data.smoothing),
    ),
    ...data.pictures.map(({ title, about, pictures, small }) =>
      section(title, about, pictures.length > 0 ? element('div', { class: small ? 'episodes' : 'traces' }, ...pictures.map(picture)) : ''),
    ),
    section(
      'Training',
      'Every run’s metrics while it trained; dashed lines are what to compare with.',
      data.training.length > 0 ? element('div', { class: 'charts' }, ...data.training.map(trainingFigure)) : '',
    ),
    ...data.findings.map((found) => section(found.title, found.about, findingsBody(found))),
    ...data.tables.map((item) => section(item.title, item.about, table(item))),
  );
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    element('title', {}, text(data.title)),
    element('style', {}, STYLE),
  ];
  return `<!doctype html>\n${element('html', { lang: 'en' }, element('head', {}, ...head), element('body', {}, body))}\n`;
}
