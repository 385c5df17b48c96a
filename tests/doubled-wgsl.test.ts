/** How much of the WGSL stands in two places: what kernels share belongs into `fragments`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const kernels = join(import.meta.dirname, '../kernels/src');
const LINES = 6;
const MOST = 0.1;

/** Lines of code: no blank ones, no comments, no indentation. */
const codeOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, '').trim())
    .filter((line) => line !== '' && !/^(\/\*|\*)/.test(line));

test(`less than ${100 * MOST} % of all windows of ${LINES} lines of WGSL stand in another place too`, () => {
  const files = readdirSync(kernels, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.wgsl'));
  const places = new Map<string, string[]>();
  for (const file of files) {
    const lines = codeOf(readFileSync(join(kernels, file), 'utf8'));
    for (let at = 0; at + LINES <= lines.length; at++) {
      const window = lines.slice(at, at + LINES).join('\n');
      places.set(window, [...(places.get(window) ?? []), file]);
    }
  }
  const all = [...places.values()];
  const windows = all.reduce((sum, files) => sum + files.length, 0);
  const double = all.filter((files) => files.length > 1);
  const share = double.reduce((sum, files) => sum + files.length, 0) / windows;
  console.info(`WGSL: ${(100 * share).toFixed(1)} % of ${windows} windows of ${LINES} lines stand twice`);
  const count = new Map<string, number>();
  for (const file of double.flat()) count.set(file, (count.get(file) ?? 0) + 1);
  const most = [...count].sort(([, a], [, b]) => b - a).slice(0, 5);
  expect(share, `most in ${most.map(([file]) => file)}`).toBeLessThan(MOST);
});
