import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { standaloneStages } from '@coxswain/internal-rl';
import { type Findings, findingsToMarkdown } from '@coxswain/lab';
import { standaloneSvg } from '@coxswain/lab/draw';
import { expect, it } from 'vitest';
import { reportCommand } from '../src/command/report-command.js';
import { summaryCommand } from '../src/command/summary-command.js';
import { costPage, readCostResults } from '../src/cost/results.js';
import { SUMMARIES } from '../src/lists.js';

const RESULTS = new URL('../../../docs/results/', import.meta.url);
const read = (page: string): string => fs.readFileSync(new URL(page, RESULTS), 'utf8');
const pages = fs.readdirSync(RESULTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));

it('has pages', () => {
  expect(pages).toContain('cost.md');
});

it.each(pages)('%s shows no figure that is none', (page) => {
  const wrong = read(page)
    .split('\n')
    .filter((text) => /\b(NaN|undefined|Infinity|null)\b|\[object /.test(text));
  expect(wrong).toEqual([]);
});

it('cost.md is what its files say', () => {
  expect(read('cost.md')).toBe(costPage(readCostResults(fileURLToPath(new URL('cost', RESULTS)))));
});

it('the picture of how a switch was found is what its run left', () => {
  expect(read('event-free/stages.svg')).toBe(standaloneStages(JSON.parse(read('runs/event-free/found-1-1/stages.json'))));
});

/** The stored runs of a page, as one folder: those kept whole, and of `grid-mini` the models that the package ships. */
const SOURCES: Readonly<Record<string, readonly [from: string, as: string][]>> = {
  'grid-mini': [
    ['runs/grid-mini', ''],
    ['models/grid-mini', ''],
    ['../../packages/models/grid-mini/base', 'base-1'],
  ],
  'grid-small': [['runs/grid-small', '']],
  hawk: [
    ['runs/hawk', ''],
    ['models/hawk', ''],
  ],
  'pads-mini': [
    ['runs/pads-mini', ''],
    ['models/pads-mini', ''],
  ],
  'grid-small-eight': [['runs/grid-small-eight', '']],
};

/** A folder like the one that the runs of a page were made in. */
function assemble(name: string, runs: string): void {
  const filter = (source: string): boolean => !source.endsWith('.safetensors');
  for (const [from, as] of SOURCES[name]) fs.cpSync(fileURLToPath(new URL(from, RESULTS)), join(runs, as), { recursive: true, filter });
}

/** What a command says goes into `said`. */
function silent() {
  const said: string[] = [];
  const stream = (lines: string[]) => ({ write: (text: string) => lines.push(text) > 0 });
  return { said, machine: { stdout: stream([]), stderr: stream(said) } as never };
}

/** Analyses over finished runs, and the runs that each was made from. */
const OVER: Readonly<Record<string, readonly string[]>> = {
  curves: ['grid-mini'],
  map: ['runs/success-map'],
  'rate-distortion': ['runs/success-map', 'runs/rate-distortion'],
  memory: ['runs/memory', 'grid-mini'],
};

it('every analysis over finished runs is made again', () => {
  expect(SUMMARIES.map(({ name }) => name).sort()).toEqual(Object.keys(OVER).sort());
});

it.each(SUMMARIES.map((summary) => [summary.name, summary] as const))('%s of grid-mini is what its runs give', async (name, summary) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-pages-'));
  assemble('grid-mini', join(folder, 'grid-mini'));
  const from = OVER[name].flatMap((runs) => ['--runs', runs.includes('/') ? fileURLToPath(new URL(runs, RESULTS)) : join(folder, runs)]);
  await summaryCommand(summary, silent().machine).parseAsync([...from, '--out', join(folder, name)], { from: 'user' });
  const found = JSON.parse(fs.readFileSync(join(folder, name, 'analysis.json'), 'utf8'));
  expect(found).toEqual(JSON.parse(read(`grid-mini/${name}.json`)));
  fs.rmSync(folder, { recursive: true });
});

it.each(Object.keys(SOURCES))('%s: its rows, its tables and its figures are what the stored runs say', async (name) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-pages-'));
  const runs = join(folder, 'runs', name);
  assemble(name, runs);
  const page = read(`${name}.md`);
  const title = page.slice(2, page.indexOf('\n'));
  const { said, machine } = silent();
  const out = ['--out', join(folder, 'report.html'), '--results', join(folder, name)];
  await reportCommand(machine).parseAsync(['--runs', runs, '--title', title, ...out], { from: 'user' });
  expect(said).toEqual([]);
  expect(fs.readFileSync(join(folder, `${name}.json`), 'utf8')).toBe(read(`${name}.json`));
  const analyses = fs.readdirSync(new URL(name, RESULTS)).filter((file) => file.endsWith('.json'));
  const found = analyses.sort().map((file) => JSON.parse(read(`${name}/${file}`)) as Findings);
  const findings = found.map((one) => findingsToMarkdown(one, `${name}/${one.name}.svg`));
  expect(page).toBe(`${fs.readFileSync(join(folder, `${name}.md`), 'utf8').trimEnd()}\n\n${findings.join('\n')}`);
  for (const one of found) expect(read(`${name}/${one.name}.svg`), one.name).toBe(standaloneSvg(one.charts));
  fs.rmSync(folder, { recursive: true });
});
