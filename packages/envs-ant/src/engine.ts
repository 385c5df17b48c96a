/** MuJoCo's WASM with one body in it, which takes on the state of any. */
import { ANT_MODEL, AT, FRAME_SKIP, MOTORS, STATE, TIME_STEP } from './body.js';
import { AntError } from './errors.js';
import type { Physics } from './physics.js';

interface Freed {
  delete(): void;
}

interface BodyData extends Freed {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly qacc_warmstart: Float64Array;
  readonly ctrl: Float64Array;
}

/**
 * What of MuJoCo's module is used: its own declarations do not compile by themselves, and who uses this package should
 * not have to leave them unchecked.
 */
export interface Mujoco {
  readonly MjModel: { from_xml_string(xml: string): Freed | null };
  readonly MjData: new (model: never) => BodyData;
  mj_step(model: Freed, data: BodyData): void;
}

/** Numbers inside the engine's memory. */
interface Views {
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly warmStart: Float64Array;
  readonly torques: Float64Array;
}

/**
 * One model and one body, however many are moved: a body of MuJoCo's takes some 13 MB of a memory of 2 GB, a state 44
 * numbers. Only positions and velocities are read, which a step leaves up to date; all else would be a step late.
 */
export class AntEngine implements Physics {
  private readonly model: Freed;
  private readonly data: BodyData;
  private views: Views;

  /** @throws AntError `bad-model` for a model that MuJoCo refuses or that has other joints or motors. */
  constructor(
    private readonly mujoco: Mujoco,
    model = ANT_MODEL,
  ) {
    try {
      this.model = mujoco.MjModel.from_xml_string(model) as Freed;
      this.data = new mujoco.MjData(this.model as never);
    } catch (cause) {
      throw badModel(String((cause as Error | undefined)?.message ?? cause).trim(), { cause });
    }
    this.views = this.look();
    const { position, velocity, torques } = this.views;
    if (position.length !== AT.velocity || velocity.length !== AT.warmStart - AT.velocity || torques.length !== MOTORS)
      throw badModel(`${position.length} positions, ${velocity.length} velocities and ${torques.length} motors`);
  }

  advance(from: readonly Float64Array[], torques: readonly ArrayLike<number>[], to: Float64Array): void {
    for (let i = 0; i < from.length; i++) this.move(from[i], torques[i], to, i * STATE);
  }

  /** Moves one body; its next state is written from `at` on. */
  move(from: ArrayLike<number>, torques: ArrayLike<number>, to: Float64Array, at: number): void {
    const { mujoco, model, data } = this;
    const { position, velocity, warmStart, torques: controls } = this.current();
    copy(from, AT.position, position);
    copy(from, AT.velocity, velocity);
    copy(from, AT.warmStart, warmStart);
    copy(torques, 0, controls);
    // Nothing of this body depends on the time; asking the engine for it costs more than counting along.
    let time = from[AT.time];
    for (let step = 0; step < FRAME_SKIP; step++) {
      mujoco.mj_step(model, data);
      time += TIME_STEP;
    }
    const after = this.current();
    to.set(after.position, at + AT.position);
    to.set(after.velocity, at + AT.velocity);
    to.set(after.warmStart, at + AT.warmStart);
    to[at + AT.time] = time;
  }

  /** Bytes of the engine's memory. */
  get bytes(): number {
    return this.current().position.buffer.byteLength;
  }

  dispose(): void {
    this.data.delete();
    this.model.delete();
  }

  /** Views of memory that has grown are empty, and writing to them is not even refused. */
  private current(): Views {
    if (this.views.position.length === 0) this.views = this.look();
    return this.views;
  }

  /** Each look makes new arrays, which cost more than what they are read for: they are kept. */
  private look(): Views {
    const { qpos, qvel, qacc_warmstart, ctrl } = this.data;
    return { position: qpos, velocity: qvel, warmStart: qacc_warmstart, torques: ctrl };
  }
}

function copy(from: ArrayLike<number>, first: number, to: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] = from[first + i];
}

export function badModel(value: string, options?: ErrorOptions): AntError {
  return new AntError('bad-model', value, 'the ant’s model, read by MuJoCo', 'correct the model, or install @mujoco/mujoco again', options);
}

/**
 * Loads MuJoCo onto the calling thread: for browsers, and for a single body.
 * @throws AntError `bad-model`.
 */
export async function loadEngine(model?: string): Promise<AntEngine> {
  let mujoco: Mujoco;
  try {
    const { default: load } = await import('@mujoco/mujoco');
    mujoco = await load({ printErr: () => {} });
  } catch (cause) {
    throw badModel(`MuJoCo did not load: ${cause}`, { cause });
  }
  return new AntEngine(mujoco, model);
}
