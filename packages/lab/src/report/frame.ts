/** The frame of a chart: scales, grid lines, ticks and axis titles. */
import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale';
import { short } from './format.js';
import { element, text } from './markup.js';

export type Scale = ScaleContinuousNumeric<number, number>;

export type Frame = {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};

export const FRAME: Frame = { width: 560, height: 340, left: 52, right: 84, top: 16, bottom: 44 };

/** A scale across the frame; `log` needs a domain above zero. */
export function acrossScale(frame: Frame, [from, to]: readonly [number, number], log: boolean): Scale {
  const range = [frame.left, frame.width - frame.right];
  return log ? scaleLog().domain([from, to]).range(range) : scaleLinear().domain([from, to]).range(range);
}

/** A scale upwards, its domain widened to round numbers. */
export function upScale(frame: Frame, [from, to]: readonly [number, number]): Scale {
  const top = to > from ? to : from + 1;
  return scaleLinear()
    .domain([from, top])
    .range([frame.height - frame.bottom, frame.top])
    .nice(5);
}

/** On a log scale only 1, 2 and 5 times a power of ten get a label, or they would touch. */
function ticksOf(scale: Scale, log: boolean, count: number): number[] {
  const ticks = scale.ticks(count);
  return log ? ticks.filter((tick) => [1, 2, 5].includes(Number(tick.toExponential().split('e')[0]))) : ticks;
}

/** Grid lines, tick labels and axis titles. */
export function axes(frame: Frame, x: Scale, y: Scale, labels: { readonly x: string; readonly y: string }, log: boolean): string {
  const { width, height, left, right, top, bottom } = frame;
  const floor = height - bottom;
  const rows = y
    .ticks(5)
    .map((tick) => [
      element('line', { class: 'grid', x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
      element('text', { class: 'tick', x: left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, text(short(tick))),
    ]);
  const columns = ticksOf(x, log, 6).map((tick) => [
    element('line', { class: 'mark', x1: x(tick), x2: x(tick), y1: floor, y2: floor + 5 }),
    element('text', { class: 'tick', x: x(tick), y: floor + 19, 'text-anchor': 'middle' }, text(short(tick))),
  ]);
  return [
    ...rows.flat(),
    element('line', { class: 'mark', x1: left, x2: width - right, y1: floor, y2: floor }),
    ...columns.flat(),
    element('text', { class: 'axis', x: (left + width - right) / 2, y: height - 6, 'text-anchor': 'middle' }, text(labels.x)),
    element('text', { class: 'axis', x: left, y: top - 5, 'text-anchor': 'start' }, text(labels.y)),
  ].join('');
}

/** Moves labels at the right end of lines apart so that none covers another; `gap` in pixels. */
export function spread(positions: readonly number[], gap: number): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => positions[a] - positions[b]);
  const placed = [...positions];
  for (let i = 1; i < order.length; i++) placed[order[i]] = Math.max(placed[order[i]], placed[order[i - 1]] + gap);
  return placed;
}
