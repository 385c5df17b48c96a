/**
 * The symmetries of the square: quarter turns of field, layout and pose, then the same after a mirroring of left and
 * right, in which legs change places.
 */
import { MOTOR_LEGS } from './body.js';
import { type AntObservation, SENSED } from './observation.js';
import type { AntSettings } from './settings.js';

export const SYMMETRIES = 8;

/** Vectors of the world in place: `[…, width]`, of which x and y turn. */
function turnVectors(values: Float64Array, k: number, width: number): void {
  for (let i = 0; i < values.length; i += width) {
    let [x, y] = [k < 4 ? values[i] : -values[i], values[i + 1]];
    for (let turn = 0; turn < k % 4; turn++) [x, y] = [-y, x];
    values[i] = x;
    values[i + 1] = y;
  }
}

const turned = (values: ArrayLike<number>, k: number, width = 2): Float64Array => {
  const out = Float64Array.from(values);
  turnVectors(out, k, width);
  return out;
};

/** Legs 1 and 2 lie left and right of each other, and so do 3 and 4. */
const MIRRORED_LEG = [2, 1, 4, 3] as const;
const BY_LEG = [1, 2, 3, 4] as const;

/** Hips and ankles of a mirrored body: those of the leg on the other side, all turned the other way. */
function mirrorJoints(values: Float64Array, legs: readonly number[]): void {
  const before = Float64Array.from(values);
  legs.forEach((leg, i) => {
    const from = 2 * legs.indexOf(MIRRORED_LEG[leg - 1]);
    values[2 * i] = -before[from];
    values[2 * i + 1] = -before[from + 1];
  });
}

/** Swaps and negates numbers, which commutes with symlog: nothing is rounded. */
function turnBody(sensed: ArrayLike<number>, k: number, plane: number): Float64Array {
  const out = Float64Array.from(sensed);
  let at = 0;
  const take = (part: keyof typeof SENSED): Float64Array => {
    at += SENSED[part];
    return out.subarray(at - SENSED[part], at);
  };
  take('height');
  const [forward, left, joints, velocity, turning, jointVelocities] = (
    ['forward', 'left', 'joints', 'velocity', 'turning', 'jointVelocities'] as const
  ).map(take);
  if (k >= 4) {
    // A body mirrored in its own x axis and in the world's: that axis is mirrored once more than the others.
    for (let i = 0; i < 3; i++) forward[i] = -forward[i];
    turning[1] = -turning[1];
    turning[2] = -turning[2];
    mirrorJoints(joints, BY_LEG);
    mirrorJoints(jointVelocities, BY_LEG);
  }
  for (const vector of [forward, left]) turnVectors(vector, k, 3);
  turnVectors(velocity, plane, 3);
  return out;
}

export function turnObservation(
  { proprioception, position, colours, walls, inside, bearings, entered, clock }: AntObservation,
  k: number,
  { frame }: Pick<AntSettings, 'frame'>,
): AntObservation {
  // Seen from the body a turn of everything is none; a mirrored one has its own x axis turned round.
  const plane = frame === 'field' ? k : k < 4 ? 0 : 4;
  return {
    proprioception: turnBody(proprioception, k, plane),
    position: turned(position, plane),
    colours: turned(colours, plane),
    ...(walls && { walls: turned(walls, plane) }),
    inside: turned(inside, plane),
    ...(bearings && { bearings: turned(bearings, plane) }),
    ...(entered && { entered }),
    // A mirrored body steps with the other legs first: half a turn of the clock.
    ...(clock && { clock: Array.from(clock, (part) => (k < 4 ? part : -part)) }),
  };
}

export function turnTorques(torques: ArrayLike<number>, k: number): Float64Array {
  const out = Float64Array.from(torques);
  if (k >= 4) mirrorJoints(out, MOTOR_LEGS);
  return out;
}
