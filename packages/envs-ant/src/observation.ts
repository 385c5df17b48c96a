/** What the model is shown of body and field. */
import type { BoxSpace, RecordSpace } from '@coxswain/base';
import { AT } from './body.js';
import { halfOf, middleOf } from './cells.js';
import type { AntState } from './field.js';
import { turnedInto } from './gait.js';
import { GAIT } from './gait-numbers.js';
import type { AntSettings } from './settings.js';

/** Numbers of `proprioception`, in this order. */
export const SENSED = { height: 1, forward: 3, left: 3, joints: 8, velocity: 3, turning: 3, jointVelocities: 8 } as const;

const PROPRIOCEPTION = Object.values(SENSED).reduce((a, b) => a + b, 0);

export type AntObservation = {
  readonly proprioception: ArrayLike<number>;
  readonly position: ArrayLike<number>;
  readonly colours: ArrayLike<number>;
  readonly walls?: ArrayLike<number>;
  readonly inside: ArrayLike<number>;
  /** Directions of the colours, of length 1. */
  readonly bearings?: ArrayLike<number>;
  /** 1 for the colour that the last step entered, 0 for all others. */
  readonly entered?: ArrayLike<number>;
  readonly clock?: ArrayLike<number>;
};

const box = (...shape: number[]): BoxSpace => ({ kind: 'box', shape, type: 'f32' });
const within = (...shape: number[]): BoxSpace => ({ ...box(...shape), low: -1, high: 1 });

export interface AntObservationSpace extends RecordSpace {
  readonly parts: Readonly<Record<'proprioception' | 'position' | 'colours' | 'inside', BoxSpace>>;
}

export function observationSpace({ colours, walls, clock, frame }: AntSettings): AntObservationSpace {
  // Turned, the corners of a square lie further out.
  const place = frame === 'body' ? box(2) : within(2);
  const parts = {
    proprioception: box(PROPRIOCEPTION),
    position: place,
    colours: box(colours, 2),
    // A box of nothing is no space.
    ...(walls > 0 && { walls: box(walls, 2) }),
    inside: place,
    ...(frame === 'body' && { bearings: within(colours, 2), entered: { ...box(colours), low: 0, high: 1 } }),
    ...(clock && { clock: within(2) }),
  };
  return { kind: 'record', parts };
}

/** What follows from a step besides the layout: the body, then its place. */
export const predictedSpace: BoxSpace = box(PROPRIOCEPTION + 2);

export const predictedOf = ({ proprioception, position }: AntObservation): number[] => [
  ...Array.from(proprioception),
  ...Array.from(position),
];

const symlog = (value: number): number => (value < 0 ? -Math.log(1 - value) : Math.log(1 + value));

/** How much of a vector along z the torso's own axis has: below 0 it lies on its back. */
export function uprightness(body: Float64Array): number {
  return 1 - 2 * (body[4] * body[4] + body[5] * body[5]);
}

/**
 * The torso's forward and left axes in the world, in place of its quaternion: no two values mean the same pose, and
 * turning the field swaps and negates them (**our choice**).
 */
function axesOf(body: Float64Array): number[] {
  const [w, x, y, z] = [body[3], body[4], body[5], body[6]];
  return [
    ...[1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
    ...[2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
  ];
}

const clip = (value: number): number => Math.max(-1, Math.min(1, value));

/** A vector of the plane along the axes that it is shown along. */
type Along = (x: number, y: number) => readonly [x: number, y: number];

/** Lengths are shares of half the field. Outside of the field, which only free episodes see, places are at its edge. */
export function observe({ body, objects, cell, entered }: AntState, settings: AntSettings): AntObservation {
  const { colours, walls } = settings;
  const half = halfOf(settings);
  const [x, y] = [body[0], body[1]];
  const along: Along = (vx, vy) => (settings.frame === 'body' ? turnedInto(body, [vx, vy]) : [vx, vy]);
  const relative = new Float64Array(2 * objects.length);
  for (let i = 0; i < objects.length; i++) {
    const [ox, oy] = middleOf(objects[i], settings);
    [relative[2 * i], relative[2 * i + 1]] = along((ox - x) / half, (oy - y) / half);
  }
  const places = relative.subarray(0, 2 * colours);
  const [mx, my] = cell < 0 ? [x, y] : middleOf(cell, settings);
  return {
    proprioception: sense(body, along),
    position: along(clip(x / half), clip(y / half)),
    colours: places,
    ...(walls > 0 && { walls: relative.subarray(2 * colours) }),
    inside: along(clip((2 * (x - mx)) / settings.cell), clip((2 * (y - my)) / settings.cell)),
    ...(settings.frame === 'body' && {
      bearings: unitsOf(places),
      entered: Array.from({ length: colours }, (_, i) => Number(i === entered)),
    }),
    ...(settings.clock && { clock: clockAt(body[AT.time]) }),
  };
}

/** Vectors of the plane, each of length 1; nothing stays nothing. */
function unitsOf(places: Float64Array): Float64Array {
  const units = places.slice();
  for (let i = 0; i < units.length; i += 2) {
    const length = Math.sqrt(places[i] * places[i] + places[i + 1] * places[i + 1]) || 1;
    units[i] /= length;
    units[i + 1] /= length;
  }
  return units;
}

/** Cosine and sine of the gait's clock. */
function clockAt(time: number): [number, number] {
  const turn = 2 * Math.PI * GAIT.frequency * time;
  return [Math.cos(turn), Math.sin(turn)];
}

/** `proprioception` of a body. */
function sense(body: Float64Array, along: Along): Float64Array {
  const sensed = new Float64Array(PROPRIOCEPTION);
  sensed[0] = body[2];
  sensed.set(axesOf(body), 1);
  for (let i = 7; i < AT.warmStart; i++) sensed[i] = body[i];
  const velocity = SENSED.height + SENSED.forward + SENSED.left + SENSED.joints;
  [sensed[velocity], sensed[velocity + 1]] = along(sensed[velocity], sensed[velocity + 1]);
  for (let i = 0; i < sensed.length; i++) sensed[i] = symlog(sensed[i]);
  return sensed;
}
