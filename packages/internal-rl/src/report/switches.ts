/** β over an episode, above a strip of its true subgoals. */

import { element, type Picture, share, svg, text } from '@coxswain/lab';
import { scaleLinear } from 'd3-scale';
import { STEP, stepTicks, subgoalStrip } from './strip.js';
import type { SwitchTrace } from './traces.js';

const LEFT = 34;
const CURVE = { top: 12, height: 64 };
const STRIP = { top: 82, height: 20 };
const HEIGHT = 124;

/** One episode's switch. */
export function switchPicture({ title, subgoals, beta }: SwitchTrace): Picture {
  const x = (step: number) => LEFT + step * STEP;
  const y = scaleLinear()
    .domain([0, 1])
    .range([CURVE.top + CURVE.height, CURVE.top]);
  // β belongs to a whole step, so it is drawn as a bar over that step and not as a line between steps.
  const bars = beta.map((value, step) =>
    element(
      'rect',
      { class: value >= 0.5 ? 'beta open' : 'beta', x: x(step) + 4, width: STEP - 8, y: y(value), height: Math.max(1, y(0) - y(value)) },
      element('title', {}, text(`step ${step}: β = ${share(value)}`)),
    ),
  );
  const ticks = [0, 1].map((value) => element('text', { class: 'tick', x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, text(value)));
  const half = element('line', { class: 'reference', x1: LEFT, x2: x(beta.length), y1: y(0.5), y2: y(0.5) });
  const width = x(beta.length) + 6;
  const picture = svg(
    width,
    HEIGHT,
    `${title}: β at each step above the true subgoals`,
    ...subgoalStrip(subgoals, { x, above: CURVE, strip: STRIP }),
    half,
    ...bars,
    ...ticks,
    element('text', { class: 'axis', x: 4, y: y(0.5) + 4 }, 'β'),
    ...stepTicks(beta.length, x, HEIGHT - 6),
  );
  return { svg: picture, caption: title };
}
