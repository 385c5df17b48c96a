/** An expert of ant-pinpad: the gait, along the way to the colour under way. */
import type { BoxSpace } from '@coxswain/base';
import type { EpisodeExpert } from '@coxswain/envs';
import type { AntState } from './field.js';
import { type Gait, gaitTorques } from './gait.js';
import type { AntSettings } from './settings.js';
import { WayFinder } from './way.js';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/**
 * Noise is the standard deviation of its torques around what it chooses, which is its mean action; they may then be
 * beyond −1 and 1.
 */
export function antExpert(settings: AntSettings, gait: Gait): EpisodeExpert<AntState, BoxSpace> {
  const ways = new WayFinder(settings);
  const mean = (state: AntState, goal: number): number[] => gaitTorques(state.body, ways.toward(state, goal), gait);
  return {
    act: (state, { goal, random, noise }) => mean(state, goal).map((torque) => torque + noise * random.normal()),
    nll: (state, action, { goal, noise }) =>
      mean(state, goal).reduce((nll, torque, motor) => {
        const off = (action[motor] - torque) / noise;
        return nll + 0.5 * off * off + Math.log(noise) + HALF_LOG_2PI;
      }, 0),
  };
}
