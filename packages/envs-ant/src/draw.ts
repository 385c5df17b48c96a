/** Episodes of the ant from above. */
import { drawRoute, type Picture, reachedSteps } from '@coxswain/envs';
import type { AntSettings } from './settings.js';

/** Pixels of half the field, and around it. */
const HALF = 140;
const MARGIN = 6;
const EDGE = 2 * (HALF + MARGIN);

/** Those of Okabe and Ito, which people with any kind of colour vision tell apart; and ink that is read on each. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#8c6bb1', '#7f7f7f', '#a6761d'];
const INK = ['#fff', '#111', '#111', '#111', '#111', '#111', '#111', '#fff', '#111', '#111'];

/** Where what is drawn lies in `proprioception`. */
const FORWARD = 1;
const JOINTS = 7;
const SENSED = 29;

/** What is drawn: lists of `steps + 1` of what the world showed. */
export interface AntTrace {
  readonly steps: number;
  readonly proprioception: ArrayLike<number>;
  readonly position: ArrayLike<number>;
  readonly colours: ArrayLike<number>;
  readonly walls?: ArrayLike<number> | undefined;
  /** `[steps]` colours entered, −1 for none. */
  readonly event: ArrayLike<number>;
  readonly switches: readonly number[];
}

const symexp = (value: number): number => Math.sign(value) * (Math.exp(Math.abs(value)) - 1);
const across = (x: number): string => (MARGIN + (x + 1) * HALF).toFixed(1);
/** Up in the field is up in the picture. */
const down = (y: number): string => (MARGIN + (1 - y) * HALF).toFixed(1);

/** The torso's forward axis in the plane at a step, of length 1. */
function headingAt(proprioception: ArrayLike<number>, step: number): readonly [number, number] {
  const [x, y] = [0, 1].map((axis) => symexp(proprioception[step * SENSED + FORWARD + axis]));
  const length = Math.hypot(x, y) || 1;
  return [x / length, y / length];
}

/** The same along the axes of the field, where it was shown along those of the body. */
function onField(trace: AntTrace, { frame }: AntSettings): AntTrace {
  if (frame === 'field') return trace;
  const turned = (list: ArrayLike<number>): Float64Array => {
    const out = Float64Array.from(list);
    const each = list.length / (trace.steps + 1);
    for (let i = 0; i < out.length; i += 2) {
      const [c, s] = headingAt(trace.proprioception, Math.floor(i / each));
      [out[i], out[i + 1]] = [c * list[i] - s * list[i + 1], s * list[i] + c * list[i + 1]];
    }
    return out;
  };
  const { position, colours, walls } = trace;
  return { ...trace, position: turned(position), colours: turned(colours), ...(walls && { walls: turned(walls) }) };
}

/** The torso and its legs, as lines from hip over knee to foot. `metre` is one as a share of half the field. */
function bodyAt({ proprioception, position }: AntTrace, step: number, metre: number): string {
  const sensed = Array.from({ length: SENSED }, (_, i) => symexp(proprioception[step * SENSED + i]));
  const [x, y] = [position[2 * step], position[2 * step + 1]];
  const [c, s] = headingAt(proprioception, step);
  const point = (forward: number, left: number): string =>
    `${across(x + metre * (c * forward - s * left))},${down(y + metre * (s * forward + c * left))}`;
  const legs = [45, 135, 225, 315].map((degrees, leg) => {
    const [hip, ankle] = [sensed[JOINTS + 2 * leg], sensed[JOINTS + 2 * leg + 1]];
    const side = (degrees * Math.PI) / 180;
    const reach = (from: readonly [number, number], angle: number, by: number): readonly [number, number] => [
      from[0] + by * Math.cos(angle),
      from[1] + by * Math.sin(angle),
    ];
    const shoulder = reach([0, 0], side, 0.2 * Math.SQRT2);
    const knee = reach(shoulder, side + hip, 0.2 * Math.SQRT2);
    const foot = reach(knee, side + hip, 0.4 * Math.SQRT2 * Math.cos(ankle));
    return `<polyline points="${[[0, 0] as const, shoulder, knee, foot].map(([a, b]) => point(a, b)).join(' ')}"/>`;
  });
  const torso = `<circle cx="${across(x)}" cy="${down(y)}" r="${(0.25 * metre * HALF).toFixed(1)}" fill="currentColor"/>`;
  return `<g data-step="${step}" fill="none" stroke="currentColor" stroke-width="2" opacity="0.45">${torso}${legs.join('')}</g>`;
}

/**
 * Coloured cells, walls (hatched by a cross) and the path; the body where it began, where it entered a colour and where
 * it ended.
 */
export function drawAnt(shown: AntTrace, settings: AntSettings): Picture {
  const { size, colours, walls, cell } = settings;
  const trace = onField(shown, settings);
  const { steps, position } = trace;
  const side = (2 * HALF) / size;
  const corner = (list: ArrayLike<number>, i: number): readonly [string, string] => [
    (Number(across(list[2 * i] + position[0])) - side / 2).toFixed(1),
    (Number(down(list[2 * i + 1] + position[1])) - side / 2).toFixed(1),
  ];
  const parts: string[] = [];
  for (let colour = 0; colour < colours; colour++) {
    const [x, y] = corner(trace.colours, colour);
    const place = `x="${(Number(x) + 6).toFixed(1)}" y="${(Number(y) + 16).toFixed(1)}"`;
    parts.push(
      `<rect x="${x}" y="${y}" width="${side}" height="${side}" fill="${COLOURS[colour]}"/>`,
      `<text ${place} font-size="13" fill="${INK[colour]}">${colour}</text>`,
    );
  }
  for (let wall = 0; wall < walls && trace.walls; wall++) {
    const [x, y] = corner(trace.walls, wall);
    parts.push(
      `<rect x="${x}" y="${y}" width="${side}" height="${side}" fill="#555"/>`,
      `<path d="M${x},${y}l${side},${side}m0,${-side}l${-side},${side}" stroke="#fff" opacity="0.5"/>`,
    );
  }
  for (let line = 0; line <= size; line++) {
    const at = (MARGIN + line * side).toFixed(1);
    parts.push(`<path d="M${at},${MARGIN}v${2 * HALF}M${MARGIN},${at}h${2 * HALF}" stroke="currentColor" opacity="0.3"/>`);
  }
  const metre = 2 / (size * cell);
  parts.push(...[...new Set([0, ...reachedSteps(trace), steps])].map((step) => bodyAt(trace, step, metre)));
  const at = (step: number) => ({ x: across(position[2 * step]), y: down(position[2 * step + 1]) });
  parts.push(...drawRoute(trace, at));
  return {
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${EDGE} ${EDGE}" width="${EDGE}" height="${EDGE}">${parts.join('')}</svg>`,
  };
}
