/**
 * The body: Gymnasium's ant (v4 and v5), as MuJoCo reads it, and where its numbers lie in a state.
 *
 * MuJoCo keeps joints by leg, 1 to 4, but motors begin with leg 4, as Gymnasium's do.
 */

/** Motors, and hinges: a hip and an ankle for each leg. */
export const MOTORS = 8;

/** Seconds of a physics step. */
export const TIME_STEP = 0.01;

/** Physics steps that one action is held for. */
export const FRAME_SKIP = 5;

const [POSITIONS, VELOCITIES] = [15, 14];

/** Where the parts of a state begin. Without the solver's warm start a restored body would differ in bits. */
export const AT = { position: 0, velocity: POSITIONS, warmStart: POSITIONS + VELOCITIES, time: POSITIONS + 2 * VELOCITIES } as const;

/** Numbers of a state. */
export const STATE = AT.time + 1;

/** What each number of a state is, for errors. */
export const STATE_NAMES: readonly string[] = (() => {
  const joints = [1, 2, 3, 4].flatMap((leg) => [`joint hip_${leg}`, `joint ankle_${leg}`]);
  const position = ['x', 'y', 'z', 'quaternion w', 'quaternion x', 'quaternion y', 'quaternion z', ...joints];
  const velocity = ['x', 'y', 'z', 'turn x', 'turn y', 'turn z', ...joints].map((name) => `velocity of ${name}`);
  return [...position, ...velocity, ...velocity.map((name) => `change of ${name}`), 'time'];
})();

/** Beyond this MuJoCo calls a number unstable. */
export const LARGEST = 1e10;

/** Radians of the joints by leg, and height in metres, in which the body stands: `init_qpos` of Gymnasium's model. */
export const STANDING = { height: 0.55, joints: [0, 1, 0, -1, 0, -1, 0, 1] } as const;

/** The height of the torso in metres within which a body is healthy. On its back it is at 0.25 and more. */
export const HEALTHY = { least: 0.2, most: 1 } as const;

/** Leg by leg: the side it lies on, the axis of its ankle, and the degrees that this may turn. */
export const LEGS = [
  { x: 1, y: 1, axis: '-1 1 0', range: '30 70' },
  { x: -1, y: 1, axis: '1 1 0', range: '-70 -30' },
  { x: -1, y: -1, axis: '-1 1 0', range: '-70 -30' },
  { x: 1, y: -1, axis: '1 1 0', range: '30 70' },
] as const;

/** Legs in the order of the motors. */
export const MOTOR_LEGS = [4, 1, 2, 3] as const;

function leg({ x, y, axis, range }: (typeof LEGS)[number], number: number): string {
  const thigh = `${0.2 * x} ${0.2 * y} 0`;
  const capsule = (to: string): string => `<geom type="capsule" size="0.08" fromto="0 0 0 ${to}"/>`;
  return `
      <body>${capsule(thigh)}
        <body pos="${thigh}"><joint name="hip_${number}" type="hinge" axis="0 0 1" range="-30 30"/>${capsule(thigh)}
          <body pos="${thigh}">
            <joint name="ankle_${number}" type="hinge" axis="${axis}" range="${range}"/>${capsule(`${0.4 * x} ${0.4 * y} 0`)}
          </body>
        </body>
      </body>`;
}

const motor = (joint: string): string => `<motor joint="${joint}" gear="150" ctrllimited="true" ctrlrange="-1 1"/>`;

/**
 * The model. MuJoCo answers a number that is not finite by a quiet reset of the whole body; `autoreset` keeps it as it
 * is, so that it is seen.
 */
export const ANT_MODEL = `<mujoco model="ant">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option integrator="RK4" timestep="${TIME_STEP}"><flag autoreset="disable"/></option>
  <default>
    <joint armature="1" damping="1" limited="true"/>
    <geom conaffinity="0" condim="3" density="5" friction="1 0.5 0.5" margin="0.01"/>
  </default>
  <worldbody>
    <geom name="floor" type="plane" conaffinity="1" size="40 40 40"/>
    <body name="torso" pos="0 0 0.75">
      <joint name="root" type="free" armature="0" damping="0" limited="false" margin="0.01"/>
      <geom type="sphere" size="0.25"/>${LEGS.map((each, i) => leg(each, i + 1)).join('')}
    </body>
  </worldbody>
  <actuator>${MOTOR_LEGS.map((number) => motor(`hip_${number}`) + motor(`ankle_${number}`)).join('')}</actuator>
</mujoco>`;
