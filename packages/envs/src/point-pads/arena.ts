/**
 * The arena of point-pads: where pads may lie, and how the point moves. Only + − × ÷ and roots, so that all machines
 * agree.
 */
import type { RandomSource } from '@coxswain/base';
import { EnvError } from '../errors.js';
import type { PadSettings } from './settings.js';

export interface PadState {
  /** x and y, from −1 to 1. */
  readonly position: Float64Array;
  /** Per step. */
  readonly velocity: Float64Array;
  /** `[pads, 2]` centres. */
  readonly centres: Float64Array;
  /** The pad that the last step entered, −1 for none. */
  entered: number;
}

/** What the expert keeps between itself and the edge of a pad that it goes around. */
export const CLEARANCE = 0.08;

/** Room at the start between the point and any pad: a step in whichever direction does not enter one. */
const ROOM = 2 * CLEARANCE;

/** Draws until pads and point lie well. */
const MOST_DRAWS = 10_000;

/** Failures after which all pads are placed anew. */
const MOST_FAILURES = 40;

export function squaredDistance(ax: number, ay: number, bx: number, by: number): number {
  return (ax - bx) * (ax - bx) + (ay - by) * (ay - by);
}

/** How far from the middle a centre may lie on either axis: a point fits between pad and edge. */
export const reachOf = (radius: number): number => 1 - radius - 2 * CLEARANCE;

/**
 * Pads at random with room for the point between any two and beside the edge, and the point outside all of them, at
 * rest.
 * @throws EnvError `no-reachable-layout` where ten thousand draws held no such arena.
 */
export function drawArena({ pads, radius }: PadSettings, random: RandomSource): PadState {
  const centres = new Float64Array(2 * pads);
  const position = new Float64Array(2);
  const reach = reachOf(radius);
  const apart = 2 * radius + 3 * CLEARANCE;
  const away = radius + ROOM;
  const clear = (x: number, y: number, count: number, least: number): boolean => {
    for (let i = 0; i < count; i++) if (squaredDistance(x, y, centres[2 * i], centres[2 * i + 1]) < least * least) return false;
    return true;
  };
  for (let draw = 0, placed = 0, failures = 0; draw < MOST_DRAWS; draw++) {
    const last = placed === pads;
    const span = last ? 1 - CLEARANCE : reach;
    const x = span * (2 * random.uniform() - 1);
    const y = span * (2 * random.uniform() - 1);
    if (!clear(x, y, placed, last ? away : apart)) {
      failures++;
      // The pads that lie already may leave no room for this one: then all are placed anew.
      if (failures % MOST_FAILURES === 0) placed = 0;
    } else if (!last) {
      centres[2 * placed] = x;
      centres[2 * placed + 1] = y;
      placed++;
    } else {
      position[0] = x;
      position[1] = y;
      return { position, velocity: new Float64Array(2), centres, entered: -1 };
    }
  }
  throw new EnvError(
    'no-reachable-layout',
    `${pads} pads of radius ${radius} found no place in ${MOST_DRAWS} draws`,
    'an arena with room to go between the pads',
    'take fewer or smaller pads',
  );
}

/** The pad that a point is in, −1 for none; pads do not overlap. */
export function padAt({ position, centres }: Pick<PadState, 'position' | 'centres'>, radius: number): number {
  for (let i = 0; 2 * i < centres.length; i++)
    if (squaredDistance(position[0], position[1], centres[2 * i], centres[2 * i + 1]) <= radius * radius) return i;
  return -1;
}

/**
 * One step under a force; the edge stops the point.
 * @returns the pad entered by it, −1 for none.
 */
export function moveByForce(state: PadState, force: ArrayLike<number>, { radius, thrust, drag }: PadSettings): number {
  const { position, velocity } = state;
  const before = padAt(state, radius);
  for (let axis = 0; axis < 2; axis++) {
    velocity[axis] = (1 - drag) * velocity[axis] + thrust * force[axis];
    position[axis] += velocity[axis];
    if (position[axis] < -1 || position[axis] > 1) {
      position[axis] = position[axis] < -1 ? -1 : 1;
      velocity[axis] = 0;
    }
  }
  const after = padAt(state, radius);
  state.entered = after === before ? -1 : after;
  return state.entered;
}
