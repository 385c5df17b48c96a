/** What `npm test` says of its length, and which tests it names as the slowest. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { calibrate, expectation, machineOf, readRun, slowest, storeRun } from '../scripts/suite/duration.mjs';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-suite-'));
afterAll(() => rmSync(folder, { recursive: true }));

const machine = { processor: 'a processor', cores: 2, adapter: 'an adapter' };
const run = { machine, seconds: 768, files: 169, when: '2026-01-02T03:04:05Z' };
const reference = { ...run, machine: { processor: 'another', cores: 4, adapter: 'another adapter' }, calibration: 0.5 };
const never = (): number => {
  throw new Error('there is nothing to measure');
};

describe('how long it takes', () => {
  it('is what the last whole run on this machine took', () => {
    const path = join(folder, 'new', 'suite.json');
    expect(readRun(path, machine)).toBeUndefined();
    storeRun(path, run);
    expect(readRun(path, machine)).toEqual(run);
    expect(expectation(readRun(path, machine), reference, machine, never)).toBe(
      'test: the last whole run on this machine, of 169 files on 2026-01-02, took 13 min.',
    );
    for (const other of [{ cores: 4 }, { adapter: 'a GPU' }, { processor: 'faster' }])
      expect(readRun(path, { ...machine, ...other })).toBeUndefined();
    writeFileSync(path, '{"machine": ');
    expect(readRun(path, machine)).toBeUndefined();
  });

  it('is else projected from a machine that is named, and says so', () => {
    // Half as fast, and half as many files side by side.
    const said = expectation(undefined, reference, machine, () => 1);
    expect(said).toContain('about 51 min, perhaps twice that: no whole run on this machine is stored.');
    expect(said).toContain('Projected from 13 min on 4 cores of another (another adapter), as one core here now takes 2.00 times as long');
  });

  it('has something to project by', () => {
    expect(calibrate()).toBeGreaterThan(0);
    expect(machineOf('an adapter')).toMatchObject({ adapter: 'an adapter' });
  });
});

it('the slowest tests, with their files', () => {
  const of = (name: string, durations: readonly (number | null)[]) => ({
    name: join(folder, name),
    assertionResults: durations.map((duration, i) => ({ fullName: `test ${i}`, duration })),
  });
  expect(slowest([of('a.test.ts', [5, 12_340, null]), of('b.test.ts', [70_000])], folder, 2)).toEqual([
    '   70.0 s  test 0  (b.test.ts)',
    '   12.3 s  test 1  (a.test.ts)',
  ]);
});
