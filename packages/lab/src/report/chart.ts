/** The frame that all charts share, drawn by Observable Plot on a DOM outside a browser. */
import { axisX, axisY, frame, gridY, initializer, type Markish, plot, text as textMark } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { short } from './format.js';
import { element, text } from './markup.js';
import { within } from './spread.js';

/** Size of a chart and of its margins. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly marginTop: number;
  readonly marginBottom: number;
  /** Whether there is room for few labels on its axes. */
  readonly few?: boolean;
}

/** Pixels; the wide margin is for labels at the right end of lines. */
export const FRAME: Frame = { width: 560, height: 340, marginLeft: 52, marginRight: 84, marginTop: 16, marginBottom: 44 };

/** On the page, where it is as wide as a phone: what is read there is not scaled down. */
export const NARROW: Frame = { width: 320, height: 230, marginLeft: 44, marginRight: 44, marginTop: 20, marginBottom: 42, few: true };

/** Of a letter of a label, and of the gap before it. */
const [LETTER, GAP] = [6, 10];

/** With room for these labels at the right. */
const withRoom = (frame: Frame, labels: readonly Label[]): Frame => ({
  ...frame,
  marginRight: Math.max(frame.marginRight, ...labels.map((label) => GAP + LETTER * label.text.length)),
});

export type Axes = {
  /** Both ends; above zero where `log`. */
  readonly x: readonly [number, number];
  /** Both ends, before they are widened to round numbers. */
  readonly y: readonly [number, number];
  readonly log: boolean;
  readonly xLabel: string;
  readonly yLabel?: string;
};

const SOFT = 'var(--soft)';

/** Where ticks are many, as on a log axis, only 1, 2 and 5 times a power of ten get a label, or they would touch. */
const logLabels = (ticks: number[], most: number): string[] => {
  const leads = (tick: number, digits: readonly string[]): boolean => digits.includes(tick.toExponential().split('e')[0]);
  const told = ticks.filter((tick) => leads(tick, ['1', '2', '5']));
  const digits = told.length > most ? ['1'] : ['1', '2', '5'];
  return ticks.map((tick) => (ticks.length <= 6 || leads(tick, digits) ? short(tick) : ''));
};

function axes({ log, xLabel, yLabel }: Axes, few = false): Markish[] {
  const transform = (ticks: number[]): string[] => logLabels(ticks, few ? 6 : Number.POSITIVE_INFINITY);
  const across = { color: SOFT, ticks: few ? 4 : 6, tickSize: 5, tickPadding: 6, text: log ? { transform } : short };
  const upwards = { color: SOFT, ticks: 5, tickSize: 0, tickPadding: 8, text: short };
  return [
    gridY({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
    frame({ anchor: 'bottom', stroke: SOFT }),
    axisX({ ...across, label: xLabel, labelAnchor: 'center', labelArrow: 'none' }),
    axisY({ ...upwards, label: yLabel ?? null, labelAnchor: 'top', labelArrow: 'none', labelOffset: 0 }),
  ];
}

export type Label = { readonly x: number; readonly y: number; readonly text: string; readonly fill?: string };

/** Labels to the right of places in the chart, none covering another. */
export function endLabels(labels: readonly Label[], fontWeight?: number, className?: string): Markish {
  const look = { textAnchor: 'start', fontVariant: 'tabular-nums', fontWeight, dx: 7, className } as const;
  const fill = (label: Label): string => label.fill ?? SOFT;
  return textMark(
    labels,
    initializer({ x: 'x', y: 'y', text: 'text', fill, ...look }, (data, facets, { y }, scales, dimensions) => {
      const heights = Array.from(y?.value as number[], (value) => scales.y?.(value) as number);
      return { data, facets, channels: { y: { value: within(heights, 15, Number(dimensions.height) - Number(dimensions.marginBottom)) } } };
    }),
  );
}

// A hundredth of a pixel is finer than any screen.
const rounded = (value: string): string =>
  value.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(2))));

/** What was drawn, as markup; without Plot's own style sheet, for the page has one. */
function markupOf(node: Element): string {
  const attributes = [...node.attributes].map(({ name, value }) => [name, name === 'aria-label' ? value : rounded(value)]);
  const children = [...node.childNodes].map((child) => {
    if (child.nodeType === child.TEXT_NODE) return text(child.textContent ?? '');
    return (child as Element).localName === 'style' ? '' : markupOf(child as Element);
  });
  return element(node.localName, Object.fromEntries(attributes), ...children);
}

/**
 * A chart of `marks` with its axes; `label` tells it to those who cannot see it.
 * @param labels those at the right that need room.
 */
export function chart(label: string, given: Axes, marks: readonly Markish[], labels: readonly Label[] = [], frame = FRAME): string {
  const [low, high] = given.y;
  const { few, ...size } = withRoom(frame, labels);
  const drawn = plot({
    ...size,
    document: parseHTML('<html></html>').document,
    className: 'plot',
    ariaLabel: label,
    axis: null,
    x: { type: given.log ? 'log' : 'linear', domain: [...given.x] },
    y: { domain: [low, high > low ? high : low + 1], nice: 5 },
    marks: [...axes(given, few), ...marks],
  });
  drawn.setAttribute('role', 'img');
  // Fonts are the page's.
  for (const name of ['font-family', 'font-size']) drawn.removeAttribute(name);
  return markupOf(drawn);
}
