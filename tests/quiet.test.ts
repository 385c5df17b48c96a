/** What `run.mjs` keeps from the eye, and what it does not. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { withoutNoise } from '../scripts/quiet.mjs';

const root = resolve(import.meta.dirname, '..');
const NOISE =
  'Warning: maxDynamicStorageBuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit dynamic offset allocation limit.\n';

it.each([1, 7, 1000])('leaves out those lines alone, in pieces of %i', (size) => {
  let out = '';
  const filter = withoutNoise((text) => (out += text));
  const text = `one\n${NOISE}Warning: another\n${NOISE}Warning: maxDynamic`;
  for (let at = 0; at < text.length; at += size) filter.add(text.slice(at, at + size));
  filter.end();
  expect(out).toBe('one\nWarning: another\nWarning: maxDynamic');
});

it('does not keep back a line that is under way', () => {
  const seen: string[] = [];
  const filter = withoutNoise((text) => seen.push(text));
  filter.add('\r12 %');
  expect(seen).toEqual(['\r12 %']);
});

it.runIf(process.platform === 'linux')('takes out what C++ says, keeps what JavaScript does, and its exit code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-quiet-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const program = join(folder, 'program.ts');
    const lines = [`fs.writeSync(2, ${JSON.stringify(`${NOISE}of C++\n`)});`, "console.error('of JavaScript');", 'process.exitCode = 7;'];
    const told = "console.log(process.env.COXSWAIN_OWN_STDERR ?? 'not told');";
    writeFileSync(program, ["import fs from 'node:fs';", ...lines, told].join('\n'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/run.mjs'), program], { encoding: 'utf8' });
    expect(status).toBe(7);
    expect(stderr.trim().split('\n').sort()).toEqual(['of C++', 'of JavaScript']);
    expect(stdout).toBe('not told\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
