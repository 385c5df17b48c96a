/**
 * The roofline of a run (Williams, Waterman and Patterson 2009), as SVG: how near each row comes to what the adapter
 * can do.
 */
import { writeFileSync } from 'node:fs';
import type { Results } from './results.js';

const WIDTH = 900;
const HEIGHT = 520;
const MARGIN = { left: 70, right: 250, top: 40, bottom: 50 };
const COLOURS = ['#1b6ca8', '#c8553d', '#588157', '#8e6c8a', '#bc8034', '#3d5a80', '#7f5539', '#2a9d8f'];

const escaped = (text: string): string => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] as string);

/** Powers of ten around the values. */
function decades(values: readonly number[]): [number, number] {
  return [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
}

export function rooflineOf({ adapter, peaks, rows }: Results): string {
  // What only moves numbers has no place under a roof of operations; suite `processor` has the rows of `kernels` once
  // more.
  const counted = rows.filter(({ suite, ours }) => suite !== 'processor' && ours.flops > 0);
  const points = counted.map(({ name, shape, ours }) => ({
    name,
    label: `${name} ${shape}`,
    intensity: ours.flops / ours.bytes,
    speed: ours.flops / ((ours.gpu?.median ?? ours.median) / 1000),
  }));
  const ridge = peaks.flops / peaks.bytes;
  const [x0, x1] = decades([...points.map(({ intensity }) => intensity), ridge]);
  const [y0, y1] = decades([...points.map(({ speed }) => speed), peaks.flops]);
  const x = (value: number): number => MARGIN.left + ((Math.log10(value) - x0) / (x1 - x0)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number): number =>
    HEIGHT - MARGIN.bottom - ((Math.log10(value) - y0) / (y1 - y0)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const names = [...new Set(points.map(({ name }) => name))];
  const colour = (name: string): string => COLOURS[names.indexOf(name) % COLOURS.length];
  const roofStart = Math.max(10 ** x0, 10 ** y0 / peaks.bytes);
  const parts = [
    `<text x="${MARGIN.left}" y="22" font-size="14">${escaped(adapter)}</text>`,
    ...Array.from({ length: x1 - x0 + 1 }, (_, i) => {
      const at = x(10 ** (x0 + i));
      return `<line x1="${at}" y1="${MARGIN.top}" x2="${at}" y2="${HEIGHT - MARGIN.bottom}" stroke="#ddd"/><text x="${at}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${10 ** (x0 + i)}</text>`;
    }),
    ...Array.from({ length: y1 - y0 + 1 }, (_, i) => {
      const at = y(10 ** (y0 + i));
      return `<line x1="${MARGIN.left}" y1="${at}" x2="${WIDTH - MARGIN.right}" y2="${at}" stroke="#ddd"/><text x="${MARGIN.left - 6}" y="${at + 4}" text-anchor="end">${10 ** (y0 + i - 9)}</text>`;
    }),
    `<text x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">FLOP per byte</text>`,
    `<text x="16" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 16 ${HEIGHT / 2})">GFLOP/s</text>`,
    `<polyline fill="none" stroke="#333" stroke-width="2" points="${x(roofStart)},${y(roofStart * peaks.bytes)} ${x(ridge)},${y(peaks.flops)} ${x(10 ** x1)},${y(peaks.flops)}"/>`,
    ...points.map(
      ({ name, label, intensity, speed }) =>
        `<circle cx="${x(intensity)}" cy="${y(speed)}" r="5" fill="${colour(name)}" fill-opacity="0.8"><title>${escaped(label)}: ${(speed / 1e9).toFixed(1)} GFLOP/s</title></circle>`,
    ),
    ...names.map((name, i) => {
      const at = MARGIN.top + 12 + i * 20;
      return `<circle cx="${WIDTH - MARGIN.right + 18}" cy="${at}" r="5" fill="${colour(name)}"/><text x="${WIDTH - MARGIN.right + 30}" y="${at + 4}">${escaped(name)}</text>`;
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11"><title>Roofline of ${escaped(adapter)}</title><rect width="100%" height="100%" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

export function drawRoofline(file: string, results: Results): void {
  writeFileSync(file, rooflineOf(results));
}
