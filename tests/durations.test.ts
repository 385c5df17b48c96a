/** How long the README says that phases take, against what was measured. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(join(resolve(import.meta.dirname, '..'), path), 'utf8');
const cells = (row: string): string[] => row.split('|').map((cell) => cell.trim());

/** Of the part of docs/results/cost.md about an adapter: by phase, how long all steps of grid-mini take. */
function measured(adapter: string): Record<string, string> {
  const part =
    read('docs/results/cost.md')
      .split('\n## ')
      .find((text) => text.startsWith(adapter)) ?? '';
  const rows = part.split('\n').filter((row) => row.startsWith('| '));
  const at = cells(rows[0]).indexOf('all steps');
  return Object.fromEntries(rows.map(cells).flatMap((row) => (row[1] === 'grid-mini' ? [[row[2], row[at]]] : [])));
}

it('the phases take as long as docs/results/cost.md has it', () => {
  const table = read('README.md').split('**How long it takes**')[1].split('\n\n')[1];
  const rows = table.split('\n').slice(2).map(cells);
  const [software, gpu] = [measured('mesa'), measured('nvidia')];
  expect(rows.map(([, phase]) => phase)).toEqual(['`pretrain`', '`discover`', '`supervise`', '`reinforce`']);
  for (const [, phase, slow, fast] of rows) expect([slow, fast]).toEqual([software, gpu].map((by) => by[phase.replaceAll('`', '')]));
});
