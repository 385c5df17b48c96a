/** An expert of ant-pinpad: the gait, along the way to the colour under way. */
import type { BoxSpace } from '@coxswain/base';
import type { EpisodeExpert, ExpertView, RandomSource } from '@coxswain/envs';
import type { AntState } from './field.js';
import { type Gait, gaitTorques } from './gait.js';
import type { AntSettings } from './settings.js';
import { freeLine } from './sight.js';
import { WayFinder } from './way.js';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** Steps of a stray in the mean, and how far it has to see its way free, in cells. */
const STRAY = { steps: 6, sight: 0.4 } as const;

type Way = readonly [x: number, y: number];

/** The walks away from the way, by episode: its state is the same object from step to step. */
class Strays {
  private readonly under = new WeakMap<AntState, Way>();

  constructor(private readonly settings: AntSettings) {}

  /** Ends a stray or begins one, and says which is under way. */
  next(state: AntState, { random, strays }: ExpertView): void {
    const way = this.under.get(state);
    if (way && (random.uniform() < 1 / STRAY.steps || !this.isFree(state, way))) this.under.delete(state);
    if (way || random.uniform() >= strays) return;
    const other = direction(random);
    if (this.isFree(state, other)) this.under.set(state, other);
  }

  of(state: AntState): Way | undefined {
    return this.under.get(state);
  }

  private isFree(state: AntState, [x, y]: Way): boolean {
    const far = STRAY.sight * this.settings.cell;
    return freeLine(state, [state.body[0] + far * x, state.body[1] + far * y], -1, this.settings);
  }
}

/** Drawn evenly, of length 1. */
function direction(random: RandomSource): Way {
  for (;;) {
    const [x, y] = [2 * random.uniform() - 1, 2 * random.uniform() - 1];
    const length = Math.sqrt(x * x + y * y);
    if (length > 0.1 && length <= 1) return [x / length, y / length];
  }
}

/**
 * Noise is the standard deviation of its torques around what it chooses, which is its mean action; they may then be
 * beyond −1 and 1. Its density is that of who knows the goal, and when it strays where.
 */
export function antExpert(settings: AntSettings, gait: Gait): EpisodeExpert<AntState, BoxSpace> {
  const ways = new WayFinder(settings);
  const strays = new Strays(settings);
  const mean = (state: AntState, goal: number): number[] => gaitTorques(state.body, strays.of(state) ?? ways.toward(state, goal), gait);
  return {
    act: (state, view) => {
      const { goal, random, noise } = view;
      if (view.strays > 0) strays.next(state, view);
      return mean(state, goal).map((torque) => torque + noise * random.normal());
    },
    nll: (state, action, { goal, noise }) =>
      mean(state, goal).reduce((nll, torque, motor) => {
        const off = (action[motor] - torque) / noise;
        return nll + 0.5 * off * off + Math.log(noise) + HALF_LOG_2PI;
      }, 0),
  };
}
