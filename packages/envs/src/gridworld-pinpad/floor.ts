import { EnvError } from '../errors.js';
import type { Episodes } from './dataset.js';
import { Expert } from './expert.js';
import { SuccessProbability } from './success.js';
import { type ColourSequence, parseTask } from './tasks.js';

export type FloorSettings = {
  readonly tasks: readonly ColourSequence[];
  /** ε of the expert that made the episodes. */
  readonly epsilon: number;
  /** The skill that each colour belongs to; a colour by itself where it is not given. */
  readonly skillOfColour?: readonly number[];
  /**
   * The episodes were kept because they finished their task within the horizon, and the filter knows (default). Without
   * it the filter takes the expert at its word, as if failures had been kept as well: a little too high for kept
   * episodes.
   */
  readonly givenSuccess?: boolean;
};

/**
 * Means per action over the given episodes, nats; `…Error` is one standard error, from episode to episode (NaN for a
 * single one).
 */
export type BayesFloor = {
  /** −log p(action | everything seen so far): what no causal model of these episodes can beat in expectation. */
  readonly nll: number;
  readonly nllError: number;
  /** The same for a model that is also told the skill under way. */
  readonly nllGivenSubgoal: number;
  readonly nllGivenSubgoalError: number;
  /** How often the skill that is most probable before the action is the true one. */
  readonly subgoalAccuracy: number;
  readonly subgoalAccuracyError: number;
  readonly actions: number;
};

/**
 * An exact filter over the tasks: each task's weight is the expert's probability of the actions so far if it had that
 * task; visits enter through it (the expert of another task would not have entered that cell), and so does the fact
 * that the episode goes on.
 * @throws EnvError `impossible-episode` where no task explains an action.
 */
export function bayesFloor(episodes: Episodes, settings: FloorSettings): BayesFloor {
  const { world, horizon } = episodes;
  const cells = world.size ** 2;
  const tasks = settings.tasks.map((task) => parseTask(task, world.colours));
  const skill = settings.skillOfColour ?? Array.from({ length: world.colours }, (_, colour) => colour);
  const expert = new Expert(world, settings.epsilon);
  const success = (settings.givenSuccess ?? true) ? new SuccessProbability(expert, tasks, horizon) : null;
  const weight = new Float64Array(tasks.length);
  const likelihood = new Float64Array(tasks.length);
  const ofSkill = new Float64Array(Math.max(...skill) + 1);
  const nll = new RatioMean();
  const nllGivenSubgoal = new RatioMean();
  const accuracy = new RatioMean();

  for (let e = 0; e < episodes.count; e++) {
    expert.plan(episodes.layout.subarray(e * cells, (e + 1) * cells));
    success?.solve();
    for (let k = 0; k < tasks.length; k++) {
      weight[k] = success ? success.probability(k, 0, horizon, episodes.position[e * (horizon + 1)]) : 1;
    }
    renormalise(weight);
    let progress = 0;
    let sum = 0;
    let sumGiven = 0;
    let right = 0;
    for (let t = 0; t < episodes.length[e]; t++) {
      const cell = episodes.position[e * (horizon + 1) + t];
      const next = episodes.position[e * (horizon + 1) + t + 1];
      const action = episodes.action[e * horizon + t];
      const visits = next !== cell && episodes.layout[e * cells + next] > 0 ? 1 : 0;
      const truth = skill[episodes.subgoal[e * horizon + t]];
      ofSkill.fill(0);
      let p = 0;
      let pGiven = 0;
      for (let k = 0; k < tasks.length; k++) {
        if (weight[k] === 0) continue;
        const colour = tasks[k][progress];
        likelihood[k] = expert.probability(cell, colour, action);
        if (success && likelihood[k] > 0) {
          // Doob's transform: the expert given that it will succeed prefers moves in proportion to what they leave of
          // that chance.
          likelihood[k] *=
            success.probability(k, progress + visits, horizon - t - 1, next) / success.probability(k, progress, horizon - t, cell);
        }
        p += weight[k] * likelihood[k];
        ofSkill[skill[colour]] += weight[k];
        if (skill[colour] === truth) pGiven += weight[k] * likelihood[k];
      }
      if (p === 0) {
        throw new EnvError(
          'impossible-episode',
          `action ${action} at step ${t} of episode ${e}`,
          'an action that the expert of some task would take',
          'pass the tasks and the epsilon that the episodes were made with',
        );
      }
      sum -= Math.log(p);
      sumGiven -= Math.log(pGiven / ofSkill[truth]);
      if (ofSkill.indexOf(Math.max(...ofSkill)) === truth) right++;

      progress += visits;
      for (let k = 0; k < tasks.length; k++) weight[k] = progress < tasks[k].length ? (weight[k] * likelihood[k]) / p : 0;
      renormalise(weight);
    }
    nll.add(sum, episodes.length[e]);
    nllGivenSubgoal.add(sumGiven, episodes.length[e]);
    accuracy.add(right, episodes.length[e]);
  }
  return {
    nll: nll.mean,
    nllError: nll.standardError,
    nllGivenSubgoal: nllGivenSubgoal.mean,
    nllGivenSubgoalError: nllGivenSubgoal.standardError,
    subgoalAccuracy: accuracy.mean,
    subgoalAccuracyError: accuracy.standardError,
    actions: nll.total,
  };
}

/** Weights that sum to one; all zero (an episode that is over) stays so. */
function renormalise(weight: Float64Array): void {
  let total = 0;
  for (const w of weight) total += w;
  if (total > 0) for (let k = 0; k < weight.length; k++) weight[k] /= total;
}

/**
 * A mean per action over episodes of unequal length, with the ratio estimator's standard error: episodes, not actions,
 * are independent.
 */
class RatioMean {
  private readonly sums: number[] = [];
  private readonly counts: number[] = [];
  private sum = 0;
  total = 0;

  add(sum: number, count: number): void {
    this.sums.push(sum);
    this.counts.push(count);
    this.sum += sum;
    this.total += count;
  }

  get mean(): number {
    return this.sum / this.total;
  }

  get standardError(): number {
    const n = this.sums.length;
    const squares = this.sums.reduce((total, sum, i) => total + (sum - this.mean * this.counts[i]) ** 2, 0);
    return Math.sqrt((squares * n) / (n - 1)) / this.total;
  }
}
