import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changesSince } from './against.js';
import { relativeError, worstError } from './correctness.js';
import { documentOf } from './document.js';
import { kernels, processor } from './kernels-suite.js';
import { commandOf, parseOptions } from './options.js';
import { adapterFile, mergeRows, type Results, type Row, readResults, writeResults } from './results.js';
import { rollout } from './rollout/suite.js';
import { rooflineOf } from './roofline.js';
import { geometricMean, quantile, summarise } from './summary.js';
import { changesTable, tableOf } from './table.js';
import { training } from './training/suite.js';

function row(name: string, median: number, spread = 0.01): Row {
  const summary = { median, p10: median * (1 - spread), p90: median * (1 + spread), samples: 30 };
  return {
    suite: 'kernels',
    name,
    shape: '2×2',
    dtype: 'f32',
    correct: true,
    ours: {
      ...summary,
      firstMs: 1,
      compileMs: 1,
      dispatches: 1,
      encode: summary,
      flops: 16,
      bytes: 48,
      fractionOfFlops: 0.5,
      fractionOfBytes: 0.25,
      temporaries: { arena: 4, separate: 8 },
      error: 0,
    },
    peers: { slow: { ...summary, median: 3 * median, version: '1', firstMs: 1, error: 0 }, absent: { failed: 'no such operation' } },
    ratio: 3,
    when: '2026-01-01T00:00:00.000Z',
    command: 'npm run bench',
  };
}

const results = (rows: readonly Row[]): Results => ({
  format: 'coxswain-bench-1',
  adapter: 'Some <adapter> 1.0',
  node: 'v20',
  dawn: '0',
  peaks: { flops: 1e9, bytes: 1e9 },
  rows,
});

test('quantiles interpolate between order statistics', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([5], 0.9)).toBe(5);
  expect(summarise([1, 2, 3])).toEqual({ median: 2, p10: 1.2, p90: 2.8, samples: 3 });
  expect(geometricMean([1, 4])).toBeCloseTo(2);
});

test('a wrong, short or non-finite output is an error of its own size', () => {
  expect(relativeError([1, 2], [1, 2])).toBe(0);
  expect(relativeError([1, 2], [1])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError([1, Number.NaN], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  expect(worstError([[1], [3]], [[1], [2]])).toBe(0.5);
  expect(worstError([[1]], [[1], [2]])).toBe(Number.POSITIVE_INFINITY);
});

test('against an earlier run, only what left its range has moved', () => {
  const before = results([row('faster', 2), row('noisy', 1, 0.5), row('gone', 1)]);
  const changes = changesSince(before, [row('faster', 1), row('noisy', 0.9), row('new', 1)]);
  expect(changes.map(({ row: { name }, beyondNoise }) => [name, beyondNoise])).toEqual([
    ['faster', true],
    ['noisy', false],
  ]);
  expect(changesTable(changes)).toContain('2.00×');
});

test('a file keeps the rows that a later run did not measure again', () => {
  const merged = mergeRows([row('a', 1), row('b', 2)], [row('c', 5), row('b', 3)]);
  expect(merged.map(({ name, ours }) => [name, ours.median])).toEqual([
    ['a', 1],
    ['b', 3],
    ['c', 5],
  ]);
});

test('results come back from their file; foreign and broken files are refused with what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-bench-test-'));
  const file = join(folder, 'new', 'a.json');
  const written = results([row('matmul', 1)]);
  writeResults(file, written);
  expect(readResults(file)).toEqual(written);
  const foreign = join(folder, 'foreign.json');
  writeFileSync(foreign, '{"rows": []}');
  expect(() => readResults(foreign)).toThrow('rows of this suite');
  expect(() => readResults(join(folder, 'absent.json'))).toThrow('npm run bench');
  expect(adapterFile('Mesa · llvmpipe (LLVM 15)')).toBe('mesa-llvmpipe-llvm-15');
});

test('the table and the roofline name every row, and what a peer could not do', () => {
  const text = tableOf(results([row('matmul', 1), { ...row('softmax', 2), correct: false }]));
  expect(text).toContain('matmul');
  expect(text).toContain('WRONG');
  expect(text).toContain('failed');
  expect(text).toContain('3.00× in geometric mean');
  expect(text).not.toContain('env steps/s');
  const steps = tableOf(results([{ ...row('rollout', 500), step: { submits: 1, readbacks: 1, environmentSteps: 1000 } }]));
  expect(steps).toMatch(/rollout +2×2 +1 +1\.00 +1\.00 +2,000 /);
  const svg = rooflineOf(results([row('matmul', 1)]));
  expect(svg).toContain('Some &lt;adapter&gt;');
  expect(svg).not.toContain('NaN');
});

test('the page has every row of every adapter, and the steps apart', () => {
  const step = { ...row('pretraining step', 500), step: { submits: 1, readbacks: 0 } };
  const page = documentOf([results([row('matmul', 1), { ...row('softmax', 2), correct: false }]), results([step])]);
  expect(page.match(/^## Some <adapter> 1\.0$/gm)).toHaveLength(2);
  expect(page).toMatch(/\| matmul +\| 2×2 +\| 1\.00 \|/);
  expect(page).toContain('softmax (WRONG)');
  expect(page).toContain('**3.00 times**');
  expect(page).toContain('`npm run bench`, 2026-01-01.');
  expect(page.match(/one step of/g)).toHaveLength(1);
  const rollout = documentOf([results([{ ...row('rollout', 500), step: { submits: 1, readbacks: 1, environmentSteps: 1000 } }])]);
  expect(rollout).toMatch(/\| rollout .*\| +1\.00 \| +2,000 \|/);
});

test('libraries for processors have a table of their own, by processor time, with what they are', () => {
  const time = (median: number) => ({ median, p10: median, p90: median, samples: 3 });
  const mine = { ...row('matmul', 1), processorRatio: 0.5 };
  const theirs = { ...time(9), processor: time(1), version: '2.9 (CPU, 2 threads, MKL)', onProcessor: true as const, firstMs: 1, error: 0 };
  const both = { ...mine, ours: { ...mine.ours, flops: 4e6, processor: time(2) }, peers: { ...mine.peers, torch: theirs } };
  const without = { ...row('matmul backward', 1), ours: { ...row('', 1).ours, processor: time(4) }, processorRatio: 2 };
  const page = documentOf([results([both, { ...without, peers: { other: { ...theirs, processor: time(8) } } }])]);
  expect(page).toContain('torch 2.9 (CPU, 2 threads, MKL)');
  expect(page).toContain('torch takes 0.500 times as long as ours in geometric mean over 1 rows, and is the faster one in 1;');
  expect(page).toContain('in matmul 2×2 torch does 4.00 GFLOP/s a core, ours 2.00');
  expect(page).toMatch(/\| matmul +\| 2×2 +\| 2\.00 \| +1\.00 \| +– \| 0\.500× \|/);
  expect(page).toMatch(/\| matmul backward +\| 2×2 +\| 4\.00 \| +– \| +8\.00 \| +2\.00× \|/);
  expect(page).not.toMatch(/torch, ms|NaN/);
  const wrong = documentOf([results([{ ...both, peers: { torch: { ...theirs, wrong: true }, other: theirs } }])]);
  expect(wrong).toMatch(/\| matmul +\| 2×2 +\| 2\.00 \| +– \| +1\.00 \|/);
  // Rows from before it was measured have none.
  expect(documentOf([results([row('matmul', 1)])])).not.toContain('processor');
});

test('options that cannot be are refused by name', () => {
  expect(parseOptions(['--peers', '--filter', 'gru', '--filter', 'rope'])).toMatchObject({
    peers: true,
    filters: ['gru', 'rope'],
    samples: 30,
  });
  expect(() => parseOptions(['--suite', 'kernel'])).toThrow('`kernel`');
  expect(parseOptions(['--family', 'gpu'])).toMatchObject({ family: 'gpu', subgroupMatrices: true });
  expect(parseOptions(['--no-subgroup-matrices']).subgroupMatrices).toBe(false);
  expect(() => parseOptions(['--family', 'tpu'])).toThrow('`tpu`');
  expect(parseOptions(['--dawn', 'a,no-b', '--dawn', 'c']).dawn).toEqual(['a,no-b', 'c']);
  expect(() => parseOptions(['--samples', '0'])).toThrow('at least 3');
  expect(parseOptions(['--minutes', '0.5']).minutes).toBe(0.5);
  expect(() => parseOptions(['--minutes', 'soon'])).toThrow('`soon`');
  expect(() => parseOptions(['--nonsense'])).toThrow('--help');
});

test('the command is recorded as others would give it, without the places of this machine', () => {
  expect(commandOf([])).toBe('npm run bench');
  const given = ['--peers', '--python', '/here/python', '--onnxruntime=/there', '--filter=a', '--suite', 'kernels'];
  expect(commandOf(given)).toBe('npm run bench -- --peers --python FILE --onnxruntime=FOLDER --filter=a --suite kernels');
});

test('beside libraries for processors only operations that one has, on software adapters', () => {
  const names = new Set(kernels.rows.map(({ name, shape }) => `${name} ${shape}`));
  expect(processor.rows.length).toBeGreaterThan(40);
  for (const { name, shape, suits } of processor.rows) {
    expect(names).toContain(`${name} ${shape}`);
    expect(suits?.({ family: 'software', f16: false })).toBe(false);
  }
});

test('every row has a name of its own', () => {
  const names = [kernels, training, rollout].flatMap(({ rows }) => rows).map(({ name, shape }) => `${name} ${shape}`);
  expect(new Set(names).size).toBe(names.length);
});
