/** For each episode of a set some of its steps: the moments of it that are shown, or at which a switch opened. */
import type { Trajectories } from '@coxswain/envs';

/** Side by side in two arrays: sets have a million episodes. */
export class StepTable {
  /** Where the steps of each episode begin, and those of the last one end. */
  readonly from: Uint32Array;
  readonly steps: Uint16Array;

  /** @param steps of each episode, rising. */
  constructor(steps: readonly ArrayLike<number>[]) {
    this.from = new Uint32Array(steps.length + 1);
    for (const [i, own] of steps.entries()) this.from[i + 1] = this.from[i] + own.length;
    this.steps = new Uint16Array(this.from[steps.length]);
    for (const [i, own] of steps.entries()) this.steps.set(own as ArrayLike<number> & Iterable<number>, this.from[i]);
  }

  /** Trajectories. */
  get count(): number {
    return this.from.length - 1;
  }

  /** Steps of all episodes together. */
  get total(): number {
    return this.steps.length;
  }

  at(episode: number): Uint16Array {
    return this.steps.subarray(this.from[episode], this.from[episode + 1]);
  }
}

/** Moments that are in the table before the last step of each episode, which every view shows, among all there are. */
export function shareShown(table: StepTable, { length, count }: Pick<Trajectories, 'length' | 'count'>): number {
  let [shown, all] = [0, 0];
  for (let i = 0; i < count; i++) {
    shown += table.at(i).filter((t) => t < length[i]).length;
    all += length[i] - 1;
  }
  return shown / Math.max(1, all);
}

/**
 * How far two tables agree before the last steps: twice what they share, of all that both have (1 where neither has
 * any).
 */
export function agreementOf(a: StepTable, b: StepTable, { length, count }: Pick<Trajectories, 'length' | 'count'>): number {
  let [shared, both] = [0, 0];
  for (let i = 0; i < count; i++) {
    const [own, other] = [a, b].map((table) => [...table.at(i)].filter((t) => t < length[i]));
    both += own.length + other.length;
    shared += own.filter((t) => other.includes(t)).length;
  }
  return both === 0 ? 1 : (2 * shared) / both;
}
