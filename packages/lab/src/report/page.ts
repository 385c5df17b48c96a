/** The report: one HTML file that refers to nothing outside itself. */
import type { Findings, Picture, PictureSection, ReportData } from './data.js';
import { learningFigures } from './learning.js';
import { element, figure, text } from './markup.js';
import { curvesByMethod } from './method-curves.js';
import { differenceTable, runTable } from './run-tables.js';
import { SCRIPT } from './script.js';
import { STYLE, seriesCount } from './style.js';
import { HINT, type RunNumbers, scrolling, table } from './tables.js';
import { trainingFigure, trainingGroups } from './training.js';

/** A part of the page that the list of contents leads to. */
type Part = { readonly title: string; readonly about: string; readonly body: string };

const part = (title: string, about: string, body: string): Part[] => (body === '' ? [] : [{ title, about, body }]);

/** Names for links: of parts with one title, the later ones are numbered. */
function anchors(parts: readonly Part[]): string[] {
  const plain = parts.map(({ title }) => title.toLowerCase().replace(/[^a-z0-9]+/g, '-'));
  return plain.map((name, i) => {
    const earlier = plain.slice(0, i).filter((other) => other === name).length;
    return earlier === 0 ? name : `${name}-${earlier + 1}`;
  });
}

/** Numbers with spaces in them, which no line breaks. */
const unbroken = (said: string): string => text(said.replace(/(\d) (?=\d{3}|%)/g, '$1\u00a0'));

/** Numbers of the front, in the colours of their curves. */
function tiles({ tiles: shown, learning, smoothing }: ReportData, numbers: RunNumbers): string {
  const tasks = [...new Set(learning.map(({ task }) => task))];
  const series = tasks.flatMap((task) =>
    curvesByMethod(
      learning.filter((run) => run.task === task),
      smoothing,
    ).map(({ runs }, index) => [runs.map(({ run }) => run.run), index] as const),
  );
  const cards = shown.map(({ value, told, runs }) => {
    const index = series.find(([curves]) => curves.some((run) => runs.includes(run)))?.[1];
    const own = index === undefined ? 'tile' : `tile series-${index % seriesCount}`;
    return element('div', { class: own, ...numbers(runs) }, element('b', {}, text(value)), element('span', {}, unbroken(told)));
  });
  return cards.length > 0 ? element('div', { class: 'tiles' }, ...cards) : '';
}

function findingsBody({ paper, charts, tables }: Findings): string {
  const parts = tables.map(
    (item) => element('h3', {}, text(item.title)) + element('p', { class: 'about' }, text(item.about)) + table(item),
  );
  return [
    element('p', { class: 'about' }, element('strong', {}, 'The paper: '), text(paper)),
    charts.length > 0 ? element('div', { class: 'charts' }, ...charts.map((chart) => trainingFigure(chart))) : '',
    ...parts,
  ].join('');
}

function picture({ svg, caption, outcome, run, steps }: Picture, numbers: RunNumbers): string {
  const own = {
    ...numbers(run === undefined ? undefined : [run]),
    ...(steps ? { 'data-steps': JSON.stringify(steps) } : {}),
  };
  const body = outcome ? svg : scrolling(svg);
  if (!outcome) return figure(body, text(caption), own);
  const name = element('strong', { class: outcome.good ? 'good' : 'bad' }, outcome.good ? '✓ ' : '✗ ', text(outcome.title));
  return figure(body, `${name}${element('span', {}, text(caption))}`, own);
}

function pictures({ title, about, pictures: shown, small, played }: PictureSection, numbers: RunNumbers): Part[] {
  const place = { class: small ? 'episodes' : 'traces', ...(played ? { 'data-played': '' } : {}) };
  return part(
    title,
    about,
    shown.length > 0 ? element('div', place, ...shown.map((one) => picture(one, numbers))) + (small ? HINT : '') : '',
  );
}

/** All parts, in reading order: results before what they rest on. */
function partsOf(data: ReportData, numbers: RunNumbers): Part[] {
  const { training, runs, differences } = data;
  const ofRuns = [...(runs.length > 0 ? [runTable(runs)] : []), ...(differences.length > 0 ? [differenceTable(differences)] : [])];
  return [
    ...part(
      'Learning',
      'Share of sampled episodes that finish the task, against the episodes seen so far: those that were learned from. What the policies do in the end stands in the tiles and tables.',
      learningFigures(data.learning, data.smoothing, numbers),
    ),
    ...data.pictures.flatMap((section) => pictures(section, numbers)),
    ...part('Training', 'Every run’s metrics while it trained; dashed lines are what to compare with.', trainingGroups(training, numbers)),
    ...data.findings.flatMap((found) => part(found.title, found.about, findingsBody(found))),
    ...[...data.tables, ...ofRuns].flatMap((item) => part(item.title, item.about, table(item, numbers))),
  ];
}

/** Where one is on the page, and which run is shown. */
function contents(parts: readonly Part[], names: readonly string[], data: ReportData): string {
  const links = parts.map(({ title }, i) => element('li', {}, element('a', { href: `#${names[i]}` }, text(title))));
  const filter =
    data.runs.length > 1 ? element('div', { class: 'filter', 'data-filter': JSON.stringify(data.runs.map(({ name }) => name)) }) : '';
  return parts.length > 0 ? element('nav', { 'aria-label': 'Contents' }, element('ul', {}, ...links), filter) : '';
}

/** Writes the report as one HTML document. */
export function renderReport(data: ReportData): string {
  const numberOf = new Map(data.runs.map(({ name }, i) => [name, i]));
  const numbers: RunNumbers = (runs) => {
    const known = (runs ?? []).flatMap((run) => numberOf.get(run) ?? []);
    return known.length > 0 ? { 'data-runs': known.join(' ') } : {};
  };
  const facts = data.facts.map(({ label, value }) => element('div', {}, element('dt', {}, text(label)), element('dd', {}, text(value))));
  const parts = partsOf(data, numbers);
  const names = anchors(parts);
  const body = element(
    'main',
    {},
    element('h1', {}, text(data.title)),
    ...data.story.map((sentence) => element('p', { class: 'story' }, unbroken(sentence))),
    element('p', { class: 'lead' }, text(data.lead)),
    facts.length > 0 ? element('dl', { class: 'facts' }, ...facts) : '',
    tiles(data, numbers),
    contents(parts, names, data),
    ...parts.map(({ title, about, body: inside }, i) =>
      element('section', { id: names[i] }, element('h2', {}, text(title)), element('p', { class: 'about' }, text(about)), inside),
    ),
  );
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    element('title', {}, text(data.title)),
    element('style', {}, STYLE),
  ];
  const script = element('script', {}, SCRIPT);
  return `<!doctype html>\n${element('html', { lang: 'en' }, element('head', {}, ...head), element('body', {}, body, script))}\n`;
}
