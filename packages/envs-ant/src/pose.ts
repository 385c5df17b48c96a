/** Where the parts of the body are, from what is shown of it. */
import { LEGS } from './body.js';

/** Where what is used of it lies in `proprioception`, and how many numbers that has. */
const [HEIGHT, FORWARD, LEFT, JOINTS, SENSED] = [0, 1, 4, 7, 29];

/** Metres. */
export type Point = readonly [x: number, y: number, z: number];

/** A body around its torso; z is the height above the ground. */
export interface Pose {
  readonly torso: Point;
  /** Two legs that lie opposite make a line: foot, knee and shoulder of one, shoulder, knee and foot of the other. */
  readonly lines: readonly (readonly Point[])[];
}

/** Metres: of the torso, and of a leg around its middle. */
export const RADIUS = { torso: 0.25, leg: 0.08 } as const;

const symexp = (value: number): number => Math.sign(value) * (Math.exp(Math.abs(value)) - 1);

/** Foot, knee and shoulder along the torso's own axes. */
function legOf({ x, y }: (typeof LEGS)[number], hip: number, ankle: number): readonly Point[] {
  const side = Math.atan2(y, x) + hip;
  const [c, s] = [Math.cos(side), Math.sin(side)];
  const [thigh, shin] = [0.2 * Math.SQRT2, 0.4 * Math.SQRT2];
  const shoulder: Point = [0.2 * x, 0.2 * y, 0];
  const knee: Point = [shoulder[0] + thigh * c, shoulder[1] + thigh * s, 0];
  // Ankles turn about axes that lie alike in front and behind: one way lowers a foot here and lifts it there.
  const foot: Point = [knee[0] + shin * Math.cos(ankle) * c, knee[1] + shin * Math.cos(ankle) * s, -x * shin * Math.sin(ankle)];
  return [foot, knee, shoulder];
}

/** The body at a step. @param proprioception `[steps + 1, 29]`. */
export function poseAt(proprioception: ArrayLike<number>, step: number): Pose {
  const sensed = Array.from({ length: SENSED }, (_, i) => symexp(proprioception[step * SENSED + i]));
  const [fx, fy, fz] = sensed.slice(FORWARD, LEFT);
  const [lx, ly, lz] = sensed.slice(LEFT, JOINTS);
  const [ux, uy, uz] = [fy * lz - fz * ly, fz * lx - fx * lz, fx * ly - fy * lx];
  const placed = ([a, b, c]: Point): Point => [
    a * fx + b * lx + c * ux,
    a * fy + b * ly + c * uy,
    sensed[HEIGHT] + a * fz + b * lz + c * uz,
  ];
  const legs = LEGS.map((leg, i) => legOf(leg, sensed[JOINTS + 2 * i], sensed[JOINTS + 2 * i + 1]).map(placed));
  const lines = [0, 1].map((leg) => [...legs[leg], ...legs[leg + 2].toReversed()]);
  return { torso: placed([0, 0, 0]), lines };
}

/** The torso's forward axis in the plane at a step, of length 1. */
export function headingAt(proprioception: ArrayLike<number>, step: number): readonly [number, number] {
  const [x, y] = [0, 1].map((axis) => symexp(proprioception[step * SENSED + FORWARD + axis]));
  const length = Math.hypot(x, y) || 1;
  return [x / length, y / length];
}
