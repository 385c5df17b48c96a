/** What pretraining found, in a sentence or two for who ran it, from what it left. */
import { type Left, told } from '@coxswain/lab';

/** Of `pretrain`. */
export const modelAnswer = ({ actionNll, bayesFloor, ratio, expertNll, obeyed }: Left): readonly string[] => [
  `Held-out loss ${told(actionNll)} nats an action${yardstick(bayesFloor, ratio, expertNll)}.`,
  ...(obeyed === null ? [] : [`Of the episodes it plays by itself, ${told(obeyed)} keep to transitions that the demonstrations show.`]),
];

/**
 * What a base's loss is compared with: the floor of its world, or what an expert says who knows the goal at every step.
 */
function yardstick(floor: unknown, ratio: unknown, expert: unknown): string {
  if (floor === undefined && typeof expert === 'number') return `; an expert who knows the goal at every step has ${told(expert)}`;
  if (floor === undefined && expert === undefined) return '';
  return `; who knew the task could not do better than ${told(floor)} (ratio ${told(ratio)})`;
}
