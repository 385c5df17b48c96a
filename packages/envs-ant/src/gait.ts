/**
 * A gait for every direction: legs step in diagonal pairs by a clock, and joints are pulled to where their foot should
 * be. It knows no front: a body that is turned by a quarter, or mirrored, walks by the same numbers.
 */
import { AT, MOTOR_LEGS } from './body.js';

/** Numbers of a gait, each with where a search for them begins, and how far from there it looks. */
export const GAIT_NUMBERS = {
  /** Steps of one leg in a second. */
  frequency: [2, 0.4],
  /** Radians that a hip swings to each side at full speed. */
  hipSwing: [0.45, 0.15],
  /** Radians that an ankle reaches out and in. */
  ankleSwing: [0.4, 0.2],
  /** Radians of the ankles of a body that stands. */
  ankleRest: [0.95, 0.15],
  /** Radians that an ankle lifts while its leg swings forward. */
  lift: [0.4, 0.15],
  /** Share of a turn that the lift comes later. */
  liftLag: [0, 0.06],
  /** How much longer feet are on the ground than in the air. */
  duty: [0, 0.25],
  hipStiffness: [1, 0.4],
  hipDamping: [0.1, 0.05],
  ankleStiffness: [1, 0.4],
  ankleDamping: [0.1, 0.05],
  /** Radians of ankles by how far the torso leans to that leg. */
  lean: [0, 0.3],
  /** Radians that hips swing more to turn the body: by how fast it turns, and by how far the way is from its axes. */
  turnDamping: [0, 0.1],
  align: [0, 0.3],
} as const satisfies Readonly<Record<string, readonly [start: number, spread: number]>>;

export type Gait = Readonly<Record<keyof typeof GAIT_NUMBERS, number>>;

/** By leg: where it points in the body, as signs of x and y. */
const LEG_SIDES = [
  [1, 1],
  [-1, 1],
  [-1, -1],
  [1, -1],
] as const;

/** By leg: the sign of its ankle's angle, which grows as the foot goes down; legs 1 and 3 step together. */
const ANKLE_SIGNS = [1, -1, -1, 1] as const;

/** Radians that joints are asked for at most; they end at 0.52, and at 0.52 and 1.22. */
const HIP_END = 0.55;
const ANKLE_ENDS = [0.5, 1.25] as const;

/** (x, y). */
type Plane = readonly [x: number, y: number];

const clip = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));

/** A vector of the world along the torso's forward and left axes, as they lie in the plane. */
export function turnedInto(body: Float64Array, [vx, vy]: Plane): Plane {
  const [w, x, y, z] = [body[3], body[4], body[5], body[6]];
  const [fx, fy] = [1 - 2 * (y * y + z * z), 2 * (x * y + w * z)];
  const length = Math.sqrt(fx * fx + fy * fy) || 1;
  return [(fx * vx + fy * vy) / length, (fx * vy - fy * vx) / length];
}

/** Where a leg should be in its step: −1 … 1 from its hindmost place to its foremost, and how far it is lifted. */
function strideOf(leg: number, time: number, { frequency, duty, liftLag }: Gait): { readonly reach: number; readonly raised: number } {
  const cycle = 2 * Math.PI * (frequency * time + (leg % 2) / 2);
  const phase = cycle + duty * Math.sin(cycle);
  return { reach: Math.cos(phase), raised: Math.max(0, -Math.sin(phase - 2 * Math.PI * liftLag)) };
}

/**
 * Torques for a body that is to walk along `way`.
 * @param body `[STATE]`; its time is the gait's clock.
 * @param way (x, y) in the world, of length 1; shorter is slower.
 * @returns `[MOTORS]` from −1 to 1.
 */
export function gaitTorques(body: Float64Array, way: Plane, gait: Gait): number[] {
  const [wx, wy] = turnedInto(body, way);
  const [lx, ly] = turnedInto(body, [2 * (body[4] * body[6] + body[3] * body[5]), 2 * (body[5] * body[6] - body[3] * body[4])]);
  // sin 4δ: the way is along an axis, or half-way between two.
  const aside = 4 * wx * wy * (wx * wx - wy * wy);
  const turn = gait.align * aside - gait.turnDamping * body[AT.velocity + 5];
  const torques: number[] = [];
  for (const leg of MOTOR_LEGS) {
    const [sx, sy] = LEG_SIDES[leg - 1];
    const outwards = Math.SQRT1_2 * (sx * wx + sy * wy);
    const around = Math.SQRT1_2 * (sx * wy - sy * wx);
    const { reach, raised } = strideOf(leg, body[AT.time], gait);
    const hip = reach * (gait.hipSwing * around + turn);
    const leaning = gait.lean * Math.SQRT1_2 * (sx * lx + sy * ly);
    const ankle = gait.ankleRest - reach * gait.ankleSwing * outwards - gait.lift * raised + leaning;
    const joint = 2 * (leg - 1);
    torques.push(
      pull(body, joint, clip(hip, -HIP_END, HIP_END), gait.hipStiffness, gait.hipDamping),
      pull(body, joint + 1, ANKLE_SIGNS[leg - 1] * clip(ankle, ...ANKLE_ENDS), gait.ankleStiffness, gait.ankleDamping),
    );
  }
  return torques;
}

/** The torque that pulls a joint to where it should be. */
function pull(body: Float64Array, joint: number, goal: number, stiffness: number, damping: number): number {
  return clip(stiffness * (goal - body[7 + joint]) - damping * body[AT.velocity + 6 + joint], -1, 1);
}
