/**
 * Ours against an earlier checkout of ours: both measure the same rows in turns, round after round.
 *   node bench/paired.mjs FOLDER [--rounds N] [any option of `npm run bench`]
 * Each row's ratio is the earlier median over the present one, by the median of its rounds: above 1 is faster now.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [folder, ...rest] = process.argv.slice(2);
if (!folder || folder.startsWith('-')) {
  console.error('usage: node bench/paired.mjs FOLDER [--rounds N] [options of npm run bench]');
  process.exit(2);
}
const at = rest.indexOf('--rounds');
const rounds = at < 0 ? 3 : Number(rest[at + 1]);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`--rounds: \`${rest[at + 1]}\`, expected a whole number of at least 1`);
  process.exit(2);
}
const options = at < 0 ? rest : [...rest.slice(0, at), ...rest.slice(at + 2)];
const temporary = mkdtempSync(join(tmpdir(), 'paired-'));

/** Medians of one run by row, in milliseconds by the wall clock. */
function measure(checkout, name) {
  const json = join(temporary, `${name}.json`);
  const program = ['scripts/run.mjs', 'bench/src/main.ts', ...options, '--json', json];
  execFileSync(process.execPath, program, { cwd: checkout, stdio: ['ignore', 'ignore', 'inherit'] });
  const { rows } = JSON.parse(readFileSync(json, 'utf8'));
  return new Map(rows.map((row) => [`${row.name} ${row.shape}${row.dtype === 'f16' ? ' f16' : ''}`, row.ours.median]));
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const ratios = new Map();
try {
  for (let round = 0; round < rounds; round++) {
    // Which of the two comes first changes from round to round.
    const order = round % 2 ? ['now', 'before'] : ['before', 'now'];
    const measured = Object.fromEntries(order.map((name) => [name, measure(name === 'now' ? '.' : resolve(folder), name)]));
    for (const [key, now] of measured.now) {
      const before = measured.before.get(key);
      if (before !== undefined) ratios.set(key, [...(ratios.get(key) ?? []), before / now]);
    }
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
for (const [key, values] of ratios)
  console.log(
    `${key.padEnd(52)} ${median(values).toFixed(2)}   ${values
      .toSorted((a, b) => a - b)
      .map((value) => value.toFixed(2))
      .join(' ')}`,
  );
