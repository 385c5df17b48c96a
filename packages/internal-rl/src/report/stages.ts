/**
 * How a switch was found in an episode: the base's jumps, then what each stage was shown and where its switch opened.
 */
import { element, type Picture, short, svg, svgFile, text } from '@coxswain/lab';
import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { STEP, stepTicks, subgoalStrip } from './strip.js';
import type { StageTrace } from './traces.js';

const LEFT = 62;
const JUMPS = { top: 10, height: 60 };
const ROW = 24;
const STRIP = 20;

/** The jump that step `t` begins with, for each of them, and the line from which on it is a moment. */
function jumpBars({ values, threshold, layer }: NonNullable<StageTrace['jumps']>, x: (step: number) => number, steps: number): string[] {
  const top = Math.max(threshold, max(values) ?? 0) || 1;
  const y = scaleLinear()
    .domain([0, top])
    .range([JUMPS.top + JUMPS.height, JUMPS.top]);
  const bars = values
    .slice(0, steps - 1)
    .map((value, i) =>
      element(
        'rect',
        { class: value >= threshold ? 'beta open' : 'beta', x: x(i + 1) + 4, width: STEP - 8, y: y(value), height: y(0) - y(value) },
        element('title', {}, text(`step ${i + 1}: the residual after layer ${layer} moves by ${short(value)}`)),
      ),
    );
  return [
    element('line', { class: 'reference', x1: LEFT, x2: x(steps), y1: y(threshold), y2: y(threshold) }),
    ...bars,
    element('text', { class: 'axis', x: 4, y: JUMPS.top + JUMPS.height / 2 + 4 }, 'jump'),
  ];
}

/** One stage: rings where it was shown a moment, discs where its switch opened. */
function stageRow(stage: StageTrace['stages'][number], number: number, y: number, x: (step: number) => number, steps: number): string[] {
  const marks = (at: readonly number[], told: string, attributes: Readonly<Record<string, string | number>>) =>
    at
      .filter((step) => step > 0 && step < steps)
      .map((step) =>
        element(
          'circle',
          { cx: x(step) + STEP / 2, cy: y, ...attributes },
          element('title', {}, text(`stage ${number} ${told} step ${step}`)),
        ),
      );
  return [
    element('text', { class: 'axis', x: 4, y: y + 4 }, text(`stage ${number}`)),
    ...marks(stage.shown, 'was shown', { class: 'shown', r: 8 }),
    ...marks(stage.opened, 'opened at', { class: 'opened', r: 4.5 }),
  ];
}

/** Both edges of an episode's picture. */
function stageSize({ subgoals, jumps, stages }: StageTrace): { readonly width: number; readonly height: number } {
  const rows = jumps ? JUMPS.top + JUMPS.height + 4 : JUMPS.top;
  return { width: LEFT + subgoals.length * STEP + 6, height: rows + stages.length * ROW + 6 + STRIP + 22 };
}

/** One episode. */
function stageSvg(trace: StageTrace): string {
  const { title, subgoals, jumps, stages } = trace;
  const { width, height } = stageSize(trace);
  const steps = subgoals.length;
  const x = (step: number) => LEFT + step * STEP;
  const rows = jumps ? JUMPS.top + JUMPS.height + 4 : JUMPS.top;
  const bottom = rows + stages.length * ROW;
  const strip = { top: bottom + 6, height: STRIP };
  return svg(
    width,
    height,
    `${title}: the base’s jumps, and what each stage was shown and found, above the true subgoals`,
    ...subgoalStrip(subgoals, { x, above: { top: JUMPS.top, height: bottom - JUMPS.top }, strip }),
    ...(jumps ? jumpBars(jumps, x, steps) : []),
    ...stages.flatMap((stage, i) => stageRow(stage, i + 1, rows + (i + 0.5) * ROW, x, steps)),
    ...stepTicks(steps, x, height - 6),
  );
}

/** The same with its title. */
export const stagePicture = (trace: StageTrace): Picture => ({ svg: stageSvg(trace), caption: trace.title });

/** Between pictures of a file, and of a line above each. */
const [MARGIN, LINE] = [8, 18];

/** How switches were found in some episodes, one below the other. */
export function standaloneStages(traces: readonly StageTrace[]): string {
  let top = 0;
  const placed = traces.map((trace) => {
    const { height } = stageSize(trace);
    const at = top;
    top += LINE + MARGIN + height;
    return (
      element('text', { x: MARGIN, y: at + LINE, style: 'font-weight:600' }, text(trace.title)) +
      element('g', { transform: `translate(0,${at + LINE + MARGIN})` }, stageSvg(trace))
    );
  });
  return svgFile(Math.max(1, ...traces.map((trace) => stageSize(trace).width)), Math.max(1, top + MARGIN), ...placed);
}
