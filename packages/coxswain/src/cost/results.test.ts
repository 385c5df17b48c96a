import '../lists.js';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NO_WORK, type Work } from '@coxswain/lab';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CostResults, costPage, mergedResults, type RecordedLine, readCostResults } from './results.js';

const cost = { steps: 100, work: { ...NO_WORK, dispatches: 50, products: 2e9 }, timeSteps: 400, held: 2 ** 20, largest: 2 ** 10 };
const line = (phase: string, timed: readonly number[]): RecordedLine => ({
  phase,
  devices: 1,
  cost,
  projected: 0.2,
  rounds: timed.map((seconds) => ({ timed: seconds, beside: 0.03, expected: 0.2 })),
  command: `coxswain cost --phase ${phase}`,
  at: '2026-01-02T03:04:05.678Z',
});
const results = (change: Partial<CostResults>): CostResults => ({
  format: 1,
  preset: 'grid-mini',
  set: [],
  adapter: 'llvmpipe (LLVM 15), 2 threads',
  models: [
    {
      format: 3,
      measuredOn: 'llvmpipe (LLVM 15), 2 threads',
      measuredAt: '2026-01-01T00:00:00.000Z',
      model: {
        rates: { ...NO_WORK, dispatches: 1 },
        error: 0.123,
        measurements: 31,
        yardstick: 0.03,
      },
    },
  ],
  phases: [line('pretrain', [0.25, 0.2, 0.16])],
  ...change,
});

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-costs-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function keep(of: CostResults): void {
  const { path, content } = mergedResults(folder, of);
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, content);
}

it('keeps the phases of a preset that were not counted again, unless something else was changed of it', () => {
  keep(results({}));
  keep(results({ phases: [line('discover', [0.1])] }));
  expect(readCostResults(folder)[0].phases.map(({ phase }) => phase)).toEqual(['pretrain', 'discover']);
  keep(results({ phases: [line('pretrain', [0.4])] }));
  const [{ phases }] = readCostResults(folder);
  expect(phases).toHaveLength(2);
  expect(phases.find(({ phase }) => phase === 'pretrain')?.rounds).toHaveLength(1);
  keep(results({ phases: [line('discover', [0.1])], set: ['model.width=32'] }));
  expect(readCostResults(folder)[0].phases.map(({ phase }) => phase)).toEqual(['discover']);
});

it('has a page with a table for each adapter, small presets first', () => {
  keep(results({ preset: 'grid-paper' }));
  keep(results({ preset: 'grid-small', phases: [line('pretrain', []), line('discover', [0.1])] }));
  keep(results({}));
  keep(results({ adapter: 'another', models: [], phases: [{ ...line('pretrain', [0.05]), projected: undefined }] }));
  expect(fs.readdirSync(folder).sort()).toEqual(['another', 'llvmpipe-llvm-15-2-threads']);
  const page = costPage(readCostResults(folder));
  expect(page.match(/^## .*/gm)).toEqual(['## another', '## llvmpipe (LLVM 15), 2 threads']);
  expect(page).toContain('31 pieces of work timed on 2026-01-01, mean error 12 %');
  expect(page.match(/`coxswain cost --phase pretrain`, 2026-01-02/g)).toHaveLength(2);
  const rows = page.slice(page.indexOf('## llvmpipe')).match(/^\| grid-.*/gm) ?? [];
  expect(rows.map((row) => row.split(' | ').slice(0, 2).join(' '))).toEqual([
    '| grid-mini pretrain',
    '| grid-small pretrain',
    '| grid-small discover',
    '| grid-paper pretrain',
  ]);
  // Projected 200 ms a step; timed 200 on the median, 400 time steps each.
  expect(rows[0]).toMatch(/ 200 \| 20 s \| 200 \| 1\.00 \| 0\.80–1\.25 \| 2 000 \|$/);
  expect(rows[2]).toMatch(/ 200 \| 20 s \| 100 \| 2\.00 \| – \| 4 000 \|$/);
});

it('has a table of the kernels of each phase that they were timed of', () => {
  const kernels = [
    { kernel: 'matmul', launches: 3, seconds: 0.01, flops: 1e9, bytes: 1e6, roofline: 0.5 },
    { kernel: 'fill', launches: 1, seconds: 1e-6, flops: 0, bytes: 1, roofline: 0.1 },
  ];
  keep(results({ phases: [{ ...line('pretrain', []), kernels: { peaks: { flops: 2e11, bytes: 1e10 }, kernels } }, line('discover', [])] }));
  const page = costPage(readCostResults(folder));
  expect(page.match(/^## .*/gm)).toEqual([
    '## llvmpipe (LLVM 15), 2 threads',
    '## grid-mini, a step of pretrain: llvmpipe (LLVM 15), 2 threads',
  ]);
  expect(page).toContain('200 GFLOP/s and 10.0 GB/s at best');
  expect(page).toContain('| matmul | 3 | 10 |');
  expect(page).not.toContain('| fill |');
});

it('has a table of updates on the worlds themselves, where they were timed', () => {
  const seconds = { all: 40, playing: 30, worlds: 8, device: 24 };
  keep(
    results({
      phases: [line('pretrain', []), { ...line('reinforce', []), loop: { updates: 2, episodes: 4, steps: 800, threads: 16, seconds } }],
    }),
  );
  const page = costPage(readCostResults(folder));
  expect(page.match(/^## .*/gm)?.at(-1)).toBe('## Updates on the worlds themselves: llvmpipe (LLVM 15), 2 threads');
  expect(page).toContain('| grid-mini | reinforce | 4 | 100 | 20 | 75 % | 20 % | 60 % | 20 % | 16 | 20 |');
  expect(page).toContain('- `coxswain cost --phase reinforce`, 2026-01-02');
});

it('says how many demonstrations are made a second, where that was measured', () => {
  keep(results({ phases: [{ ...line('pretrain', [0.25]), cost: { ...cost, demonstrations: 1234 } }] }));
  expect(costPage(readCostResults(folder))).toMatch(/\| demonstrations\/s \|\n.*\n.* 1 230 \|$/m);
});

/** A line as the first files of this format have it. */
function withoutKinds(kinds: readonly string[]): RecordedLine {
  const work = Object.fromEntries(Object.entries({ ...cost.work, recurrence: 3e9 }).filter(([kind]) => !kinds.includes(kind)));
  return { ...line('pretrain', [0.25]), cost: { ...cost, work: work as unknown as Work } };
}
const cellsOf = (page: string): string[] => /^\| grid-mini .*/m.exec(page)?.[0].split(' | ') ?? [];

it('reads files from before recurrences were told apart: their operations are all in one kind', () => {
  keep(results({ phases: [withoutKinds(['recurrenceByRows', 'recurrenceOfAnyWidth'])] }));
  // 2 of matrix products and 3 of recurrences.
  expect(cellsOf(costPage(readCostResults(folder))).slice(4, 7)).toEqual(['400', '50', '5']);
});

it('shows a dash where a file lacks a figure, never NaN', () => {
  const lines = [withoutKinds(['attention', 'memory', 'uploads', 'dispatches']), line('discover', [])];
  keep(results({ phases: lines }));
  const page = costPage(readCostResults(folder));
  expect(cellsOf(page).slice(4, 9)).toEqual(['400', '–', '–', '–', '–']);
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

it('refuses a folder with other files', () => {
  fs.writeFileSync(join(folder, 'other.json'), '{}');
  expect(() => readCostResults(folder)).toThrow(/other\.json holds no costs/);
});
