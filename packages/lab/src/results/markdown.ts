/** Tables of a report as Markdown. */
import type { Findings, ReportTable } from '../report/data.js';
import { formatNumber, share } from '../report/format.js';

function cell(value: string | number | null): string {
  if (value === null) return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? formatNumber(value) : share(value);
  const escaped = value.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return value.startsWith('coxswain ') ? `\`${escaped}\`` : escaped;
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

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
