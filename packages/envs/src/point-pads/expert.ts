/** An expert of point-pads: straight to the pad under way, around the others, with Gaussian noise on its forces. */

import type { BoxSpace } from '@coxswain/base';
import type { EpisodeExpert } from '../episode-rules.js';
import { CLEARANCE, type PadState, squaredDistance } from './arena.js';
import type { PadSettings } from './settings.js';

/** The forces that it chooses before noise are no longer than this. */
const LONGEST_FORCE = 0.9;

/** The speed it keeps, as a share of the greatest that forces can hold. */
const CRUISE = 0.8;

/** Turns around pads that one look ahead may hold. */
const MOST_TURNS = 4;

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

type Point = readonly [x: number, y: number];

/** The force (x, y) it chooses towards `goal`, before noise. */
export function expertForce(state: PadState, goal: number, settings: PadSettings): Point {
  const { thrust, drag } = settings;
  const [x, y] = headingTo(state, goal, settings.radius);
  const cruise = (CRUISE * thrust) / drag;
  const fx = (x * cruise - (1 - drag) * state.velocity[0]) / thrust;
  const fy = (y * cruise - (1 - drag) * state.velocity[1]) / thrust;
  const length = Math.sqrt(fx * fx + fy * fy);
  const scale = length > LONGEST_FORCE ? LONGEST_FORCE / length : 1;
  return [fx * scale, fy * scale];
}

/**
 * The direction to go in, of length 1: to the goal, or along the tangent to the circle around the first pad in the
 * way.
 */
function headingTo({ position, centres }: PadState, goal: number, radius: number): Point {
  const here: Point = [position[0], position[1]];
  let target: Point = [centres[2 * goal], centres[2 * goal + 1]];
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const pad = firstInTheWay(here, target, { centres, goal, radius });
    if (pad < 0) break;
    target = aroundPad(here, target, [centres[2 * pad], centres[2 * pad + 1]], radius + CLEARANCE);
  }
  return unit(target[0] - here[0], target[1] - here[1]);
}

/**
 * The nearest pad, besides the goal and the one the point is in, whose circle the way to `target` cuts; −1 for none.
 */
function firstInTheWay(
  [x, y]: Point,
  target: Point,
  { centres, goal, radius }: { readonly centres: Float64Array; readonly goal: number; readonly radius: number },
): number {
  const [dx, dy] = unit(target[0] - x, target[1] - y);
  const distance = Math.sqrt(squaredDistance(x, y, ...target));
  const around = radius + CLEARANCE;
  let first = -1;
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 0; 2 * i < centres.length; i++) {
    const [cx, cy] = [centres[2 * i] - x, centres[2 * i + 1] - y];
    const along = cx * dx + cy * dy;
    const inside = cx * cx + cy * cy <= radius * radius;
    if (i === goal || inside || along <= 0 || along >= distance + radius || along >= nearest) continue;
    const aside = cx * dy - cy * dx;
    // A tangent touches its own circle: a little less than the whole of it counts as in the way.
    if (Math.abs(aside) < 0.999 * around) {
      first = i;
      nearest = along;
    }
  }
  return first;
}

/**
 * Where the tangent to a pad's circle touches it, on the side on which the way to the target is shorter and within
 * the arena.
 */
function aroundPad([x, y]: Point, target: Point, [px, py]: Point, around: number): Point {
  const distance = Math.sqrt(squaredDistance(x, y, px, py));
  const [ux, uy] = unit(px - x, py - y);
  const side = ux * (target[1] - y) - uy * (target[0] - x) >= 0 ? 1 : -1;
  // Within the circle there is no tangent: straight across and a little outwards.
  const sine = Math.min(1, around / distance);
  const cosine = distance > around ? Math.sqrt(1 - sine * sine) : distance - around;
  const length = distance > around ? distance * cosine : around;
  const touch = (turn: number): Point => {
    const [dx, dy] = unit(ux * cosine - turn * uy * sine, uy * cosine + turn * ux * sine);
    return [x + dx * length, y + dy * length];
  };
  const near = touch(side);
  return Math.max(Math.abs(near[0]), Math.abs(near[1])) < 1 ? near : touch(-side);
}

/** Of length 1; zero stays zero. */
export function unit(x: number, y: number): Point {
  const length = Math.sqrt(x * x + y * y);
  return length === 0 ? [0, 0] : [x / length, y / length];
}

/** With noise, its standard deviation, forces are Gaussian around what it chooses, and may be beyond −1 and 1. */
export const padExpert = (settings: PadSettings): EpisodeExpert<PadState, BoxSpace> => ({
  act: (state, { goal, random, noise }) => expertForce(state, goal, settings).map((force) => force + noise * random.normal()),
  nll: (state, action, { goal, noise }) =>
    expertForce(state, goal, settings).reduce((nll, mean, axis) => {
      const off = (action[axis] - mean) / noise;
      return nll + 0.5 * off * off + Math.log(noise) + HALF_LOG_2PI;
    }, 0),
});
