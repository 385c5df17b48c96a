import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runReport } from '../command/report-command.js';
import { costPage, readCostResults } from '../cost/results.js';
import type { Findings } from '../report/data.js';
import { standaloneSvg } from '../report/standalone.js';
import { findingsToMarkdown } from './markdown.js';

const RESULTS = new URL('../../../../docs/results/', import.meta.url);
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

/** The stored runs of a page, as one folder: those kept whole, and of `grid-mini` the models that the package ships. */
const SOURCES: Readonly<Record<string, readonly [from: string, as: string][]>> = {
  'grid-mini': [
    ['runs/grid-mini', ''],
    ['models/grid-mini', ''],
    ['../../packages/lab/models/grid-mini/base', 'base-1'],
    ['../../packages/lab/models/grid-mini/controller', 'controller-1-1'],
  ],
  'grid-small': [['runs/grid-small', '']],
  'grid-small-eight': [['runs/grid-small-eight', '']],
};

it.each(Object.entries(SOURCES))('%s: its rows, its tables and its figures are what the stored runs say', (name, sources) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-pages-'));
  const runs = join(folder, 'runs', name);
  const filter = (source: string): boolean => !source.endsWith('.safetensors');
  for (const [from, as] of sources) fs.cpSync(fileURLToPath(new URL(from, RESULTS)), join(runs, as), { recursive: true, filter });
  const page = read(`${name}.md`);
  const title = page.slice(2, page.indexOf('\n'));
  let warned = '';
  const machine = { stdout: { write: () => true }, stderr: { write: (text: string) => (warned += text) } };
  const out = ['--out', join(folder, 'report.html'), '--results', join(folder, name)];
  runReport(['--runs', runs, '--title', title, ...out], machine as never);
  expect(warned).toBe('');
  expect(fs.readFileSync(join(folder, `${name}.json`), 'utf8')).toBe(read(`${name}.json`));
  const analyses = fs.readdirSync(new URL(name, RESULTS)).filter((file) => file.endsWith('.json'));
  const found = analyses.sort().map((file) => JSON.parse(read(`${name}/${file}`)) as Findings);
  const findings = found.map((one) => findingsToMarkdown(one, `${name}/${one.name}.svg`));
  expect(page).toBe(`${fs.readFileSync(join(folder, `${name}.md`), 'utf8').trimEnd()}\n\n${findings.join('\n')}`);
  for (const one of found) expect(read(`${name}/${one.name}.svg`), one.name).toBe(standaloneSvg(one.charts));
  fs.rmSync(folder, { recursive: true });
});
