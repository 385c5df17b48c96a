/** Runs as lines of text. */
import { formatDuration, formatNumber } from '@coxswain/lab';
import type { RunView } from './view.js';

const BARS = '▁▂▃▄▅▆▇█';

/** A curve in so many characters, each the mean of its share of the values, from the lowest to the highest. */
export function sparkline(values: readonly number[], width: number): string {
  if (values.length === 0) return '';
  const columns = Math.min(width, values.length);
  const means = Array.from({ length: columns }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / columns), Math.floor(((i + 1) * values.length) / columns));
    return part.reduce((sum, value) => sum + value / part.length, 0);
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return means.map((mean) => BARS[high > low ? Math.min(7, Math.floor((8 * (mean - low)) / (high - low))) : 0]).join('');
}

/** A run that wrote nothing for so long while it runs is worth a word. */
const SILENT_SECONDS = 120;

/** Two lines: how far it is, and what it measures. */
export function drawRun(view: RunView, name: string, width: number): string[] {
  const { phase, state, done, total, unit, rate, silent, curve, latest } = view;
  const share = `${Math.floor((100 * done) / Math.max(1, total))} %`;
  const left = state === 'running' && rate > 0 ? `${formatDuration((total - done) / rate)} left` : '';
  const speed = state === 'running' && rate > 0 ? `${formatNumber(rate)} ${unit}/s` : '';
  const word = state === 'running' && silent > SILENT_SECONDS ? `no word for ${formatDuration(silent)}` : '';
  const head = [name, phase, state, `${formatNumber(done)}/${formatNumber(total)} ${unit}`, share, speed, left, word]
    .filter(Boolean)
    .join('  ');
  const last = curve.values.at(-1);
  if (last === undefined) return [head.slice(0, width)];
  const others = latest.map(([key, value]) => `${key} ${formatNumber(value)}`).join('  ');
  const numbers = `${curve.name} ${formatNumber(last)}  ${others}`;
  const line = `  ${sparkline(curve.values, Math.max(8, Math.min(40, width - numbers.length - 4)))} ${numbers}`;
  return [head.slice(0, width), line.slice(0, width)];
}
