/** Tables of a report as Markdown. */

import { formatNumber } from '../progress.js';
import type { Findings, ReportTable } from '../report/data.js';
import { share } from '../report/format.js';

function cell(value: string | number | null): string {
  if (value === null) return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? formatNumber(value) : share(value);
  return value.startsWith('coxswain ') ? `\`${value}\`` : value;
}

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** A row of a table: bars and new lines in a cell would end it. */
export const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;

/** One table with its heading. */
export function tableToMarkdown({ title, about, columns, rows }: ReportTable): string {
  return [
    `## ${title}`,
    '',
    about,
    '',
    line(columns.map(({ label }) => label)),
    line(columns.map(({ numeric }) => (numeric ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(cell))),
    '',
  ].join('\n');
}

/** One analysis: what was done, what the paper reports, the figure, the tables. */
export function findingsToMarkdown({ title, about, paper, tables }: Findings, figure: string): string {
  const parts = tables.map((table) => tableToMarkdown(table).replace(/^## /, '### '));
  return [`## ${title}`, '', about, '', `**The paper:** ${paper}`, '', `![${title}](${figure})`, '', ...parts].join('\n');
}

/** A page of tables. */
export function tablesToMarkdown(title: string, lead: string, tables: readonly ReportTable[]): string {
  return [`# ${title}`, '', lead, '', ...tables.map(tableToMarkdown)].join('\n');
}
