import { describe, expect, it } from 'vitest';
import type { TrainingChart } from './data.js';
import { chartSvg } from './training.js';

const CHART: TrainingChart = {
  title: 'Loss',
  about: 'Nats & <bits>.',
  xLabel: 'steps',
  curves: [
    {
      label: 'seed "0" & 1',
      points: [0, 1, 2, 3].map((i) => ({ x: 300 * 7 ** i, y: 1 / (3 + i) })),
      band: [0, 1, 2, 3].map((i) => ({ x: 300 * 7 ** i, low: 0, high: 0.5 })),
    },
    { label: 'seed 2', points: [{ x: 300, y: 0.1 }] },
  ],
  references: [
    { label: 'floor', y: 0.2 },
    { label: 'chance', y: 0.201 },
  ],
};

/** Texts of a chart with the heights that they stand at. */
const textsOf = (svg: string) =>
  [...svg.matchAll(/<text [^>]*transform="translate\(([\d.]+),([\d.]+)\)"[^>]*>([^<]*)<\/text>/g)].map(([, x, y, said]) => ({
    x: Number(x),
    y: Number(y),
    said,
  }));

describe('a chart', () => {
  const linear = chartSvg(CHART);
  const log = chartSvg({ ...CHART, log: true });

  it('is the same bytes from the same data, with no name or style sheet that a second chart on the page could meet', () => {
    expect(chartSvg(CHART)).toBe(linear);
    expect(linear).not.toMatch(/ id="|<style|url\(/);
  });

  it('has no coordinate finer than a hundredth, and the fonts of the page', () => {
    for (const svg of [linear, log]) expect(svg).not.toMatch(/\d\.\d{3,}[^<>]*>|font-family|font-size/);
  });

  it('takes its colours from the page, for light and dark', () => {
    const colours = [...linear.matchAll(/(?:stroke|fill)="([^"]*)"/g)].map(([, colour]) => colour);
    expect(colours).toContain('var(--series-1)');
    for (const colour of colours) expect(colour).toMatch(/^(?:var\(--[a-z0-9-]+\)|currentColor|none)$/);
  });

  it('says what it shows, also of data with signs of markup', () => {
    expect(linear).toContain('aria-label="Loss: Nats &amp; &lt;bits&gt;."');
    expect(linear).toContain('<title>seed &quot;0&quot; &amp; 1</title>');
    expect(linear.match(/<circle /g)).toHaveLength(5);
  });

  it('labels 1, 2 and 5 times each power of ten on a logarithmic axis, and marks the places between', () => {
    const labels = textsOf(log).map(({ said }) => said);
    expect(labels.filter((said) => said.endsWith(' k') || said === '500')).toEqual([
      '500',
      '1 k',
      '2 k',
      '5 k',
      '10 k',
      '20 k',
      '50 k',
      '100 k',
    ]);
    expect(log.match(/d="M0,0L0,5"/g)?.length).toBeGreaterThan(20);
  });

  it('labels every mark of a logarithmic axis that has few', () => {
    const points = [62_000, 123_000].map((x) => ({ x, y: 1 }));
    const narrow = chartSvg({ ...CHART, curves: [{ label: 'a', points }], log: true });
    for (const said of ['70 k', '80 k', '90 k', '100 k']) expect(textsOf(narrow).map((label) => label.said)).toContain(said);
  });

  it('keeps the labels of references apart, and beside the frame', () => {
    const labels = textsOf(linear).filter(({ said }) => /^(?:floor|chance) /.test(said));
    expect(labels.map(({ said }) => said).sort()).toEqual(['chance 0.201', 'floor 0.2']);
    expect(Math.abs(labels[0].y - labels[1].y)).toBeGreaterThanOrEqual(14.98);
    for (const { x } of labels) expect(x).toBe(476);
  });
});
