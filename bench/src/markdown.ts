/** Numbers and tables of the page. */

export const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** A Markdown table, its columns as wide as their widest cell; all but the first two to the right. */
export function markdownTable(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(3, title.length, ...lines.map((line) => line[i].length)));
  const pad = (cell: string, i: number): string => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  const row = (cells: readonly string[]): string => `| ${cells.map(pad).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [row(header), rule, ...lines.map(row)].join('\n');
}
