import { PAPER_PAIRS } from '../../packages/envs/src/index.js';

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/**
 * F1 of a switch at every change of colour against the ends of pairs alone, in the tasks of `grid-small` and
 * `grid-paper`.
 */
export function pairF1(): number {
  const changes = PAPER_PAIRS.pretraining.map((task) => task.length - 1);
  const ends = PAPER_PAIRS.pretraining.map((task) => task.length / 2 - 1);
  const precision = total(ends) / total(changes);
  return (2 * precision) / (precision + 1);
}
