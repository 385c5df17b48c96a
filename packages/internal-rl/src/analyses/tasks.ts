import type { Config } from '@coxswain/lab';

/** Steps allowed for each colour of a task that analyses make up. */
export const STEPS_PER_COLOUR = 12;

/** Steps allowed for each event on any world: these, or more where the task of RL is given more. */
export const stepsPerEvent = ({ reinforce: { task, horizon } }: Config): number =>
  Math.max(STEPS_PER_COLOUR, Math.ceil(horizon / task.length));
