import { describe, expect, it } from 'vitest';
import { NARROW } from './chart.js';
import type { TrainingChart } from './data.js';
import { intervalTold, wilson } from './format.js';
import { within } from './spread.js';
import { STYLE } from './style.js';
import { table } from './tables.js';
import { chartSvg, trainingGroups } from './training.js';

const chart = (title: string, labels: readonly string[], reference = 'floor'): TrainingChart => ({
  title,
  about: '',
  xLabel: 'steps',
  curves: labels.map((label) => ({ label, run: label, points: [1, 2, 3].map((x) => ({ x, y: x })) })),
  references: [{ label: reference, y: 2 }],
});

describe('Wilson’s interval', () => {
  it('is that of the formula', () => {
    expect(wilson(0.5, 100).map((bound) => Number(bound.toFixed(4)))).toEqual([0.4038, 0.5962]);
    expect(wilson(0, 10).map((bound) => Number(bound.toFixed(4)))).toEqual([0, 0.2775]);
    expect(wilson(1, 10).map((bound) => Number(bound.toFixed(4)))).toEqual([0.7225, 1]);
    expect(intervalTold(0.43505859375, 2048)).toBe('0.414 to 0.457');
  });
});

describe('charts on the page', () => {
  const groups = trainingGroups([chart('RL: return', ['b']), chart('RL: length', ['a', 'b']), chart('Other', ['a'])], (runs) =>
    runs?.[0] === 'a' ? { 'data-runs': '0' } : { 'data-runs': '1' },
  );

  it('are all at one scale, no wider than a phone', () => {
    const sizes = [...groups.matchAll(/<svg role="img"[^>]*viewBox="([^"]*)"/g)].map(([, box]) => box);
    expect(sizes).toEqual(Array(3).fill(`0 0 ${NARROW.width} ${NARROW.height}`));
    expect(NARROW.width).toBeLessThanOrEqual(390 - 2 * (12 + 14 + 1));
  });

  it('of one kind have one legend, and a run has one colour in all of them', () => {
    expect(groups.match(/class="legend"/g)).toHaveLength(2);
    const colours = [...groups.matchAll(/stroke="(var\(--series-\d\))"[^>]*class="run-1"/g)].map(([, colour]) => colour);
    expect(colours).toHaveLength(2);
    expect(new Set(colours).size).toBe(1);
  });

  it('have room for what stands at their right', () => {
    const label = 'a reference of many letters';
    const drawn = chartSvg(chart('T', ['a'], label), NARROW);
    const [, x] = /transform="translate\(([\d.]+),[\d.]+\)"[^>]*>a reference/.exec(drawn) as RegExpExecArray;
    expect(NARROW.width - Number(x)).toBeGreaterThanOrEqual(6 * label.length);
  });

  it('keep labels above the axis', () => {
    expect(within([90, 95, 100], 15, 100)).toEqual([70, 85, 100]);
    expect(within([10, 12], 15, 100)).toEqual([10, 25]);
  });
});

it('no text of the page is smaller than 11 pixels', () => {
  const sizes = [...STYLE.matchAll(/font(?:-size)?:\s*([\d.]+)(px|rem|em)/g)].map(([, size, unit]) => [Number(size), unit] as const);
  expect(sizes.length).toBeGreaterThan(10);
  // `em` is used inside tables, whose text is 0.9 rem.
  const pixels = sizes.map(([size, unit]) => (unit === 'px' ? size : unit === 'rem' ? 16 * size : 0.9 * 16 * size));
  expect(Math.min(...pixels)).toBeGreaterThanOrEqual(11);
});

it('a long table is closed, says how long it is, and scrolls by itself with a hint', () => {
  const rows = Array.from({ length: 40 }, (_, i) => [i]);
  const drawn = table({ title: 'T', about: '', columns: [{ label: 'x', numeric: true }], rows });
  expect(drawn).toMatch(/^<details><summary>all 40 rows<\/summary><div class="scroll" tabindex="0"><table>/);
  expect(drawn).toContain('→ scroll sideways for the rest');
});
