/**
 * A gait for every direction: legs step in diagonal pairs by a clock, and joints are pulled to where their foot should
 * be. It knows no front: a body that is turned by a quarter, or mirrored, walks by the same numbers.
 */
import { AT, MOTOR_LEGS, MOTORS } from './body.js';

/** Numbers of a gait, each with where a search for them begins, and how far from there it looks. */
export const GAIT_NUMBERS = {
  /** Steps of one leg in a second. */
  frequency: [1.6, 0.4],
  /** Radians that a hip swings to each side at full command. */
  hipSwing: [0.45, 0.15],
  /** Radians that an ankle reaches out and in. */
  ankleSwing: [0.25, 0.1],
  /** Radians of the ankles of a body that stands. */
  ankleRest: [0.95, 0.15],
  /** Radians that an ankle lifts while its leg swings forward. */
  lift: [0.35, 0.15],
  /** Share of a turn that the lift comes later. */
  liftLag: [0, 0.06],
  /** How much longer feet are on the ground than in the air. */
  duty: [0, 0.25],
  hipStiffness: [1, 0.4],
  hipDamping: [0.1, 0.05],
  ankleStiffness: [1, 0.4],
  ankleDamping: [0.1, 0.05],
  /** How the command grows with what lacks of the speed wanted, in metres a second. */
  speed: [1, 0.4],
  speedGain: [0.4, 0.3],
  /** The greatest command. */
  most: [1.3, 0.3],
  /** Radians of ankles by how far the torso leans to that leg, and by how fast it leans more. */
  lean: [0, 0.3],
  leanRate: [0, 0.05],
  /** Hip swing that turns the body, by how fast it turns and by how far the way is from its axes. */
  turnDamping: [0.05, 0.05],
  align: [0, 0.15],
  /** Offsets of hips and ankles along the way. */
  hipOffset: [0, 0.15],
  ankleOffset: [0, 0.15],
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

const HALF = Math.SQRT1_2;

const clip = (value: number, most: number): number => Math.max(-most, Math.min(most, value));

/** What a gait reads of a body: axes by quaternion, in the plane. */
interface Bearing {
  /** The way wanted, along the torso's forward and left axes. */
  readonly way: readonly [number, number];
  readonly velocity: readonly [number, number];
  /** How the vertical leans along the same axes. */
  readonly lean: readonly [number, number];
}

function bearingOf(body: Float64Array, way: readonly [number, number]): Bearing {
  const [w, x, y, z] = [body[3], body[4], body[5], body[6]];
  const forward = [1 - 2 * (y * y + z * z), 2 * (x * y + w * z)];
  const length = Math.hypot(forward[0], forward[1]) || 1;
  const [c, s] = [forward[0] / length, forward[1] / length];
  const along = (vx: number, vy: number): [number, number] => [c * vx + s * vy, c * vy - s * vx];
  const [vx, vy] = [body[AT.velocity], body[AT.velocity + 1]];
  return { way: along(...(way as [number, number])), velocity: along(vx, vy), lean: along(2 * (x * z + w * y), 2 * (y * z - w * x)) };
}

/** The command: the way, and more of it where the body is too slow or drifts aside. */
function commandOf({ way, velocity }: Bearing, { speed, speedGain, most }: Gait): readonly [number, number] {
  const [x, y] = way.map((part, axis) => part + speedGain * (part * speed - velocity[axis]));
  const length = Math.hypot(x, y);
  const scale = length > most ? most / length : 1;
  return [x * scale, y * scale];
}

/**
 * Torques for a body that is to walk along `way`.
 * @param body `[STATE]`; its time is the gait's clock.
 * @param way (x, y) in the world, of length 1; shorter is slower.
 * @returns `[MOTORS]` from −1 to 1.
 */
export function gaitTorques(body: Float64Array, way: readonly [x: number, y: number], gait: Gait): number[] {
  const bearing = bearingOf(body, way);
  const command = commandOf(bearing, gait);
  const [wx, wy] = bearing.way;
  const turning = AT.velocity + 3;
  // sin 4δ: zero along the axes and half-way between them.
  const aside = 4 * wx * wy * (wx * wx - wy * wy);
  const turn = -gait.turnDamping * body[turning + 2] + gait.align * aside;
  const torques = new Array<number>(MOTORS);
  MOTOR_LEGS.forEach((leg, motor) => {
    const [sx, sy] = LEG_SIDES[leg - 1];
    const radial = (v: readonly [number, number]): number => HALF * (sx * v[0] + sy * v[1]);
    const tangential = (v: readonly [number, number]): number => HALF * (sx * v[1] - sy * v[0]);
    const cycle = 2 * Math.PI * (gait.frequency * body[AT.time] + (leg % 2) / 2);
    const phase = cycle + gait.duty * Math.sin(cycle);
    const reach = Math.cos(phase);
    const raised = Math.max(0, -Math.sin(phase - 2 * Math.PI * gait.liftLag));
    const hip = reach * (gait.hipSwing * tangential(command) + turn) + gait.hipOffset * tangential(command);
    const rate = radial([body[turning + 1], -body[turning]]);
    const ankle =
      gait.ankleRest -
      reach * gait.ankleSwing * radial(command) -
      gait.lift * raised +
      gait.ankleOffset * radial(command) +
      gait.lean * radial(bearing.lean) +
      gait.leanRate * rate;
    const sign = ANKLE_SIGNS[leg - 1];
    const at = 2 * (leg - 1);
    const pull = (goal: number, joint: number, stiffness: number, damping: number): number =>
      clip(stiffness * (goal - body[7 + joint]) - damping * body[AT.velocity + 6 + joint], 1);
    torques[2 * motor] = pull(clip(hip, 0.55), at, gait.hipStiffness, gait.hipDamping);
    torques[2 * motor + 1] = pull(sign * Math.max(0.5, Math.min(1.25, ankle)), at + 1, gait.ankleStiffness, gait.ankleDamping);
  });
  return torques;
}
