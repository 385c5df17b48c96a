/**
 * The list of all operations in the README of this package: made of the sources' comments and of what `backward` finds.
 */
import fc from 'fast-check';
import { dryDevice, type Tensor } from '../../src/index.js';
import { Draw } from '../properties/draw.js';
import { hostsOf, mapHosts, release, upload } from '../properties/host.js';
import { rows } from '../properties/index.js';
import type { Row } from '../properties/row.js';
import { documented } from './documented.js';

/** Between these lines of the README. */
export const MARKS = [
  '<!-- operations: npm run docs:operations writes what is between these marks -->',
  '<!-- end of operations -->',
] as const;

const TRAITS = { family: 'software', f16: false, subgroups: { min: 8, max: 8 } } as const;
/** Draws of arguments from which the tensors that there may be are gathered. */
const DRAWS = 24;
const SEED = 24;

/** Tensors with a gradient and those without, found by asking for each alone. */
export function gradientsOf(row: Row): { readonly with: readonly string[]; readonly without: readonly string[] } {
  using device = dryDevice(TRAITS);
  const found = new Map<string, boolean>();
  for (const given of fc.sample(
    fc.gen().map((gen) => row.draw(new Draw(gen, 'plain'))),
    { numRuns: DRAWS, seed: SEED },
  )) {
    for (const [name, { dtype, data }] of hostsOf(given)) {
      if (dtype !== 'f32' || data.length === 0) continue;
      using _scope = device.scope();
      let asked: Tensor | undefined;
      const tensors = mapHosts(given, (host, at) => {
        const tensor = upload(device, host);
        if (at === name) asked = tensor.requireGradient();
        return tensor;
      });
      const outputs = Object.values(row.run(tensors as never)).filter((output) => output !== asked && output.requiresGradient);
      release();
      const known = name.replace(/\d+$/, (digits) => (name in given ? digits : ''));
      if (outputs.length > 0)
        found.set(known, (found.get(known) ?? true) && outputs.every(({ barrier, node }) => !barrier && !node?.barrier));
    }
  }
  const names = (wanted: boolean): string[] => [...found].flatMap(([name, has]) => (has === wanted ? [name] : []));
  return { with: names(true), without: names(false) };
}

function gradientColumn(row: Row): string {
  const { with: has, without } = gradientsOf(row);
  if (has.length === 0) return 'none';
  return without.length === 0 ? 'yes' : has.join(', ');
}

/** Columns are separated by bars: those of |x| are written otherwise. */
const cell = (text: string): string => text.replaceAll('|', '\\|').trim();

/** The table, as it has to stand between the marks. */
export function operationsTable(): string {
  const lines = Object.keys(rows)
    .sort((a, b) => a.localeCompare(b, 'en'))
    .map((name) => {
      const said = documented(name);
      if (!said) throw new Error(`${name} is not found in the sources`);
      const call = `\`${name}(${said.parameters.join(', ')})\``;
      return `| ${[call, said.shapes, said.summary, gradientColumn(rows[name])].map(cell).join(' | ')} |`;
    });
  return ['| operation | shapes | what it is | gradient |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** A README with the table between its marks. */
export function withTable(readme: string): string {
  const [start, end] = MARKS.map((mark) => readme.indexOf(mark));
  if (start < 0 || end < start) throw new Error('the README has no place for the list of operations');
  return `${readme.slice(0, start + MARKS[0].length)}\n\n${operationsTable()}\n\n${readme.slice(end)}`;
}
