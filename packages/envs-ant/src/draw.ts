/** Episodes of the ant from above. */
import { drawRoute, type Picture, reachedSteps } from '@coxswain/envs';
import { FRAME_SKIP, TIME_STEP } from './body.js';
import { type BodyPlace, drawBody, drawGround } from './draw-body.js';
import { headingAt, poseAt } from './pose.js';
import type { AntSettings } from './settings.js';

/** Pixels of half the field, and around it: a torso at its edge is seen whole on a field of four metres. */
const HALF = 128;
const MARGIN = 18;
const EDGE = 2 * (HALF + MARGIN);

/** Those of Okabe and Ito, which people with any kind of colour vision tell apart; and ink that is read on each. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#8c6bb1', '#7f7f7f', '#a6761d'];
const INK = ['#fff', '#111', '#111', '#111', '#111', '#111', '#111', '#fff', '#111', '#111'];

/** Metres above the ground that are seen from the side, and pixels between the two views. */
const TALL = 1.2;
const GAP = 12;

/** Milliseconds that a step takes where it is played: as fast as it went. */
const PACE = Math.round(1000 * TIME_STEP * FRAME_SKIP);

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

const across = (x: number): string => (MARGIN + (x + 1) * HALF).toFixed(1);
/** Up in the field is up in the picture. */
const down = (y: number): string => (MARGIN + (1 - y) * HALF).toFixed(1);

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

/** The body after every step, and below the field the ground on which it is seen from the side. */
function bodyOf({ steps, proprioception, position }: AntTrace, { size, cell }: AntSettings): BodyPlace {
  const metre = (2 * HALF) / (size * cell);
  const each = Array.from({ length: steps + 1 }, (_, step) => step);
  return {
    poses: each.map((step) => poseAt(proprioception, step)),
    at: each.map((step) => [Number(across(position[2 * step])), Number(down(position[2 * step + 1]))] as const),
    metre,
    ground: Math.round(EDGE + GAP + TALL * metre),
  };
}

/**
 * Coloured cells, walls (hatched by a cross) and the path; the body where it began, where it entered a colour and where
 * it ended, from above and, under that, from the side. Played, it walks.
 */
export function drawAnt(shown: AntTrace, settings: AntSettings): Picture {
  const { size, colours, walls } = settings;
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
  const body = bodyOf(trace, settings);
  parts.push(
    `<text x="${MARGIN}" y="${EDGE}" font-size="11" fill="currentColor">from the side</text>`,
    ...drawGround(body, MARGIN, 2 * HALF),
    ...drawBody(body, [...new Set([0, ...reachedSteps(trace), steps])]),
  );
  const at = (step: number) => ({ x: across(position[2 * step]), y: down(position[2 * step + 1]) });
  parts.push(...drawRoute(trace, at));
  const tall = body.ground + GAP / 2;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${EDGE} ${tall}" width="${EDGE}" height="${tall}" data-pace="${PACE}">`;
  return { svg: `${svg}${parts.join('')}</svg>` };
}
